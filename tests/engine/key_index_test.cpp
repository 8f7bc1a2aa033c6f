#include "engine/memory/key_index.hpp"

#include <thread>

#include <gtest/gtest.h>

#include "engine/base/checksum.hpp"
#include "engine/base/random.hpp"

namespace coppice::engine {
namespace {

class KeyIndexTest : public ::testing::Test {
protected:
  const SkipList::Node& make(ByteView key, uint64_t commit, ByteView value = "v") {
    return *list.make({key, Timestamp{commit}, Kind::put, value}, key_hash(key));
  }
  KeyIndex::Put put(KeyIndex& into, ByteView key, uint64_t commit) {
    return into.put(make(key, commit), key_hash(key));
  }
  static std::string find(const KeyIndex& in, ByteView key) {
    const auto found = in.find(key, key_hash(key));
    if (!found) return "unknown";
    return *found == nullptr ? "none" : Bytes((*found)->key()) + "@" + std::to_string((*found)->commit().raw);
  }

  Arena arena;
  SkipList list{arena, 1};
  KeyIndex index{1 << 16};
};

TEST_F(KeyIndexTest, KeepsTheNewestOfEachKey) {
  EXPECT_EQ(find(index, "k"), "none");
  EXPECT_EQ(put(index, "k", 5), KeyIndex::Put::done);
  EXPECT_EQ(put(index, "k", 8), KeyIndex::Put::done);
  EXPECT_EQ(put(index, "k", 7), KeyIndex::Put::done);
  EXPECT_EQ(put(index, "kk", 3), KeyIndex::Put::done);
  EXPECT_EQ(find(index, "k"), "k@8");
  EXPECT_EQ(find(index, "kk"), "kk@3");
  EXPECT_EQ(find(index, "j"), "none");
}

TEST_F(KeyIndexTest, OfEqualsTheLaterStaysAndIsTold) {
  put(index, "k", 5);
  const SkipList::Node& later = make("k", 5, "later");
  EXPECT_EQ(index.put(later, key_hash("k")), KeyIndex::Put::equal);
  EXPECT_EQ(*index.find("k", key_hash("k")), &later);
}

TEST_F(KeyIndexTest, TellsKeysOfOneHashApart) {
  constexpr uint64_t kHash = 7;
  EXPECT_EQ(index.put(make("a", 1), kHash), KeyIndex::Put::done);
  EXPECT_EQ(index.put(make("b", 1), kHash), KeyIndex::Put::done);
  EXPECT_EQ((*index.find("a", kHash))->key(), "a");
  EXPECT_EQ((*index.find("b", kHash))->key(), "b");
  EXPECT_EQ(*index.find("c", kHash), nullptr);
}

TEST_F(KeyIndexTest, SaysOfNoKeyThatItIsAbsentOnceItFoundNoRoom) {
  for (const size_t size : {size_t{0}, size_t{64}, size_t{4096}}) {
    KeyIndex small(size);
    std::vector<std::string> expected;
    size_t full = 0;
    for (int i = 0; i < 1000; ++i) {
      const bool room = put(small, std::to_string(i), 1) == KeyIndex::Put::done;
      expected.push_back(room ? std::to_string(i) + "@1" : "unknown");
      full += room ? 0 : 1;
    }
    EXPECT_GE(full, 1000 - std::max<size_t>(size, 64) / 8);
    for (size_t i = 0; i < expected.size(); ++i) EXPECT_EQ(find(small, std::to_string(i)), expected[i]);
    // Later versions go where the first is, or nowhere.
    for (size_t i = 0; i < expected.size(); ++i)
      EXPECT_EQ(put(small, std::to_string(i), 2) == KeyIndex::Put::full, expected[i] == "unknown");
  }
}

TEST_F(KeyIndexTest, TakesAsManyKeysAsItHasSlotsButAFew) {
  int full = 0;
  for (int i = 0; i < 6500; ++i) full += put(index, std::to_string(i), 1) == KeyIndex::Put::full ? 1 : 0;
  EXPECT_LT(full, 70);
}

TEST_F(KeyIndexTest, ThreadsThatMeetAtOneKeyLeaveItsNewest) {
  constexpr uint64_t kWriters = 4;
  constexpr uint64_t kEach = 5000;
  constexpr uint64_t kKeys = 50;
  // What a writer has said is there must be found, as it was or newer.
  std::array<std::atomic<uint64_t>, kKeys> said{};
  std::atomic<uint64_t> wrong{0};
  {
    std::vector<std::jthread> threads;
    for (uint64_t writer = 0; writer < kWriters; ++writer) {
      threads.emplace_back([&, writer] {
        Random random(writer);
        for (uint64_t i = 1; i <= kEach; ++i) {
          const uint64_t key = random.below(kKeys);
          const uint64_t commit = i * kWriters + writer;
          put(index, "key " + std::to_string(key), commit);
          uint64_t known = said[key].load(std::memory_order_relaxed);
          while (known < commit &&
                 !said[key].compare_exchange_weak(known, commit, std::memory_order_release)) {
          }
        }
      });
      threads.emplace_back([&, writer] {
        Random random(writer);
        for (uint64_t i = 0; i < kEach; ++i) {
          const uint64_t key = random.below(kKeys);
          const std::string text = "key " + std::to_string(key);
          const uint64_t least = said[key].load(std::memory_order_acquire);
          const auto found = index.find(text, key_hash(text));
          if (!found || (*found == nullptr ? least != 0 : (*found)->commit().raw < least)) ++wrong;
        }
      });
    }
  }
  EXPECT_EQ(wrong, 0u);
  for (uint64_t key = 0; key < kKeys; ++key) {
    const std::string text = "key " + std::to_string(key);
    EXPECT_EQ(find(index, text), text + "@" + std::to_string(said[key]));
  }
}

}  // namespace
}  // namespace coppice::engine
