#include "engine/table/block_upgrade.hpp"

#include <gtest/gtest.h>

#include "engine/table/block_builder.hpp"
#include "engine/table/bloom.hpp"
#include "tests/support/cursor_model.hpp"

namespace coppice::engine {
namespace {

// As format 1 had it, with every so many entries a restart point.
Bytes build_old(const std::vector<OwnedEntry>& entries, size_t interval = 3) {
  Bytes payload;
  std::vector<uint32_t> restarts;
  Bytes last;
  for (size_t i = 0; i < entries.size(); ++i) {
    const OwnedEntry& entry = entries[i];
    size_t shared = 0;
    if (i % interval == 0) {
      restarts.push_back(static_cast<uint32_t>(payload.size()));
    } else {
      while (shared < std::min(last.size(), entry.key.size()) && last[shared] == entry.key[shared]) ++shared;
    }
    put_varint(payload, shared);
    put_varint(payload, entry.key.size() - shared);
    put_varint(payload, entry.value.size());
    put_fixed<uint8_t>(payload, static_cast<uint8_t>(entry.kind));
    put_fixed<uint64_t>(payload, entry.commit);
    payload += entry.key.substr(shared) + entry.value;
    last = entry.key;
  }
  for (const uint32_t restart : restarts) put_fixed<uint32_t>(payload, restart);
  put_fixed<uint32_t>(payload, static_cast<uint32_t>(restarts.size()));
  return payload;
}

TEST(BlockUpgradeTest, ABlockOfFormat1BecomesWhatIsWrittenToday) {
  Random random(1);
  for (const BlockKind kind : {BlockKind::data, BlockKind::page})
    for (int round = 0; round < 30; ++round) {
      const auto entries = random_entries(random, 1 + random.below(60), 5, 10);
      BlockBuilder builder(kind);
      for (const OwnedEntry& entry : entries) builder.add(entry.view(), filter_hash(entry.key));

      const Block block = upgrade_block(build_old(entries), kind);
      ASSERT_NE(block.bytes, nullptr);
      EXPECT_EQ(ByteView(block.bytes.get(), block.size), builder.finish());
    }
}

TEST(BlockUpgradeTest, NoChangedByteAndNoLengthDoesHarm) {
  Random random(2);
  const Bytes payload = build_old(random_entries(random, 30, 4, 10));
  for (size_t size = 0; size < payload.size(); ++size) {
    auto exact = std::make_unique<char[]>(size);
    payload.copy(exact.get(), size);
    upgrade_block({exact.get(), size}, BlockKind::data);
  }
  for (size_t i = 0; i < payload.size(); ++i)
    for (const int change : {0x01, 0x80, 0xff}) {
      auto exact = std::make_unique<char[]>(payload.size());
      payload.copy(exact.get(), payload.size());
      exact[i] = static_cast<char>(exact[i] ^ change);
      upgrade_block({exact.get(), payload.size()}, BlockKind::page);
    }
}

TEST(BlockUpgradeTest, ASmallBlockDoesNotBecomeAHugeOne) {
  // Of the longest keys, which share all but their end with the one before, and nothing with the first.
  Bytes payload;
  const auto put = [&](size_t shared, ByteView unshared) {
    put_varint(payload, shared);
    put_varint(payload, unshared.size());
    put_varint(payload, 0);
    put_fixed<uint8_t>(payload, static_cast<uint8_t>(Kind::put));
    put_fixed<uint64_t>(payload, 1);
    payload.append(unshared);
  };
  put(0, "a");
  put(0, Bytes(kKeySizeMax, 'b'));
  for (int i = 1; i < 100; ++i) put(kKeySizeMax - 1, Bytes(1, static_cast<char>('b' + i)));
  put_fixed<uint32_t>(payload, 0);
  put_fixed<uint32_t>(payload, 1);
  EXPECT_EQ(upgrade_block(payload, BlockKind::data).bytes, nullptr);
  EXPECT_EQ(upgrade_block(payload, BlockKind::page).bytes, nullptr);
}

TEST(BlockUpgradeTest, WhatAnyWriterSharedStillOpens) {
  // With a restart point every 16 entries, each run of keys as long as can be.
  std::vector<OwnedEntry> entries;
  for (int run = 0; run < 6; ++run)
    for (int i = 0; i < 16; ++i)
      entries.emplace_back(Bytes(kKeySizeMax - 1, static_cast<char>('a' + run)) + static_cast<char>('a' + i),
                           1);
  EXPECT_NE(upgrade_block(build_old(entries, 16), BlockKind::data).bytes, nullptr);
  EXPECT_NE(upgrade_block(build_old(entries, 16), BlockKind::page).bytes, nullptr);
}

TEST(BlockUpgradeTest, EntriesOutOfOrderAreRefused) {
  EXPECT_EQ(upgrade_block(build_old({{"b", 1}, {"a", 1}}), BlockKind::data).bytes, nullptr);
  EXPECT_EQ(upgrade_block(build_old({{"a", 1}, {"a", 2}}), BlockKind::data).bytes, nullptr);
  EXPECT_EQ(upgrade_block(build_old({}), BlockKind::data).bytes, nullptr);
}

}  // namespace
}  // namespace coppice::engine
