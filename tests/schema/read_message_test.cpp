#include "schema/read_message.hpp"

#include <array>
#include <cstring>

#include <capnp/serialize.h>
#include <gtest/gtest.h>

#include "schema/shard_map.capnp.h"

namespace coppice {
namespace {

Bytes map_of(unsigned shard_count) {
  capnp::MallocMessageBuilder message;
  auto shards = message.initRoot<schema::ShardMap>().initShards(shard_count);
  for (unsigned i = 0; i < shard_count; ++i) shards[i].setId(i);
  const kj::Array<capnp::word> words = capnp::messageToFlatArray(message);
  return {words.asChars().begin(), words.asChars().size()};
}

/// How many shards were walked over.
size_t count_shards(ByteView bytes, bool& whole) {
  size_t count = 0;
  whole = read_message(bytes, [&](capnp::MessageReader& message) {
    for (const auto shard : message.getRoot<schema::ShardMap>().getShards()) {
      (void)shard.getId();
      (void)shard.getBegin();
      ++count;
    }
  });
  return count;
}

TEST(ReadMessageTest, AMessageOfAnySizeIsReadOnce) {
  for (const unsigned shards : {0u, 1u, 1000u}) {
    bool whole = false;
    EXPECT_EQ(count_shards(map_of(shards), whole), shards);
    EXPECT_TRUE(whole);
  }
}

TEST(ReadMessageTest, WhatIsCutShortIsMalformed) {
  const Bytes bytes = map_of(3);
  for (size_t size = 0; size < bytes.size(); ++size) {
    bool whole = true;
    count_shards(ByteView(bytes).substr(0, size), whole);
    EXPECT_FALSE(whole) << size;
  }
}

TEST(ReadMessageTest, ElementsWithoutContentAreNoMoreThanTheMessageIsLarge) {
  // One segment: a root with one pointer, to a list of structs of no words.
  constexpr uint32_t kCount = 1 << 22;
  const std::array<uint32_t, 8> words{0, 3, 0, 1u << 16, 1, 7, kCount << 2, 0};
  Bytes bytes(sizeof(words), '\0');
  std::memcpy(bytes.data(), words.data(), sizeof(words));
  bool whole = true;
  EXPECT_LT(count_shards(bytes, whole), 1000u);
  EXPECT_FALSE(whole);
}

}  // namespace
}  // namespace coppice
