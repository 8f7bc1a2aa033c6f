#include "engine/cursor/dead_ranges.hpp"

#include <functional>
#include <thread>

#include <gtest/gtest.h>

#include "engine/apply.hpp"
#include "engine/base/random.hpp"
#include "engine/read_state.hpp"
#include "tests/support/memory_file_system.hpp"
#include "tests/support/tree_stand.hpp"

namespace coppice::engine {
namespace {

/// Says what the test wants, after doing what the test wants done between the watch and the answer.
struct ScriptedPuts final : LaterPuts {
  bool may_hold(ByteView begin, ByteView end, Timestamp) const override {
    asked.push_back({Bytes(begin), Bytes(end)});
    if (meanwhile) meanwhile();
    return answer;
  }
  bool answer = false;
  std::function<void()> meanwhile;
  mutable std::vector<std::pair<Bytes, Bytes>> asked;
};

class DeadRangesTest : public ::testing::Test {
protected:
  /// "begin..end" of the range that holds `key`, or "".
  Bytes range_at(ByteView key, uint64_t at = 10) {
    DeadRanges::Range found;
    return ranges.find(key, Timestamp{at}, found) ? found.begin + ".." + found.end : "";
  }
  void add(ByteView begin, ByteView end, uint64_t at = 10) { ranges.add(begin, end, Timestamp{at}, puts); }
  DeadRanges::Range known(ByteView key) {
    DeadRanges::Range found;
    EXPECT_TRUE(ranges.find(key, Timestamp{10}, found));
    return found;
  }

  ScriptedPuts puts;
  DeadRanges ranges;
};

TEST_F(DeadRangesTest, ARangeIsFoundFromItsMomentOnBetweenItsBounds) {
  EXPECT_FALSE(ranges.in_use());
  add("b", "d", 10);
  EXPECT_TRUE(ranges.in_use());
  EXPECT_EQ(range_at("b"), "b..d");
  EXPECT_EQ(range_at("czz", 11), "b..d");
  EXPECT_EQ(range_at("c", 9), "");
  EXPECT_EQ(range_at("a"), "");
  EXPECT_EQ(range_at("azzzzzzzzzzzzz"), "");
  EXPECT_EQ(range_at("d"), "");
}

TEST_F(DeadRangesTest, PutsOfAnyKeysTakeOutAllThatHoldsOneOfThem) {
  add("b", "d");
  add("f", "h");
  add("p", "r");

  ranges.put_any({"d", "f"});
  EXPECT_EQ(range_at("b"), "b..d");
  EXPECT_EQ(range_at("f"), "f..h");
  ranges.put_any({"c", "g"});
  EXPECT_EQ(range_at("b"), "");
  EXPECT_EQ(range_at("g"), "");
  EXPECT_EQ(range_at("p"), "p..r");
  ranges.put_any({"q", std::nullopt});
  EXPECT_EQ(range_at("p"), "");
  EXPECT_FALSE(ranges.in_use());
}

TEST_F(DeadRangesTest, PutsOfAnyKeysWhileARangeIsBeingProvenEndThat) {
  puts.meanwhile = [this] { ranges.put_any({"c", "cc"}); };
  add("b", "d");
  EXPECT_EQ(range_at("b"), "");
}

TEST_F(DeadRangesTest, NothingIsProvenWhereALaterPutMayBe) {
  puts.answer = true;
  add("b", "d");
  EXPECT_EQ(range_at("c"), "");
  EXPECT_FALSE(ranges.in_use());
}

TEST_F(DeadRangesTest, APutDuringTheProofEndsIt) {
  puts.meanwhile = [&] { ranges.put("c"); };
  add("b", "d");
  EXPECT_EQ(range_at("b"), "");
  puts.meanwhile = [&] { ranges.put("d"); };
  add("b", "d");
  EXPECT_EQ(range_at("b"), "b..d");
}

TEST_F(DeadRangesTest, APutIsCutOut) {
  add("b", "d");
  ranges.put("c");
  EXPECT_EQ(range_at("bz"), "b..c");
  EXPECT_EQ(range_at("c"), "");
  EXPECT_EQ(range_at(Bytes("c\0", 2)), Bytes("c\0..d", 5));

  // At the bounds nothing is left on one side.
  ranges.put("b");
  EXPECT_EQ(range_at("b"), "");
  EXPECT_EQ(range_at("bz"), Bytes("b\0..c", 5));
  ranges.put("d");
  EXPECT_EQ(range_at("cz"), Bytes("c\0..d", 5));
}

TEST_F(DeadRangesTest, ARangeOfOneKeyIsGoneWithIt) {
  add("b", Bytes("b\0", 2));
  ranges.put("b");
  EXPECT_FALSE(ranges.in_use());
}

TEST_F(DeadRangesTest, ARangeGrowsAndOnlyWhatIsNewIsLookedAt) {
  add("m", "p");
  puts.asked.clear();
  ranges.extend(known("n"), "k", "r", Timestamp{12}, puts);
  EXPECT_EQ(puts.asked, (std::vector<std::pair<Bytes, Bytes>>{{"k", "m"}, {"p", "r"}}));
  EXPECT_EQ(range_at("k", 12), "k..r");
  EXPECT_EQ(range_at("k", 11), "");
}

TEST_F(DeadRangesTest, ARangeIsGoodWhileItGrowsAndAfterItCouldNot) {
  add("m", "p");
  puts.meanwhile = [&] { EXPECT_EQ(range_at("n"), "m..p"); };
  puts.answer = true;
  ranges.extend(known("n"), "k", "r", Timestamp{12}, puts);
  EXPECT_EQ(range_at("n"), "m..p");
  EXPECT_EQ(range_at("l", 12), "");
  // It is still watched there; a put costs nothing but that.
  ranges.put("q");
  EXPECT_EQ(range_at("n"), "m..p");
}

TEST_F(DeadRangesTest, APutWhereARangeGrowsStopsIt) {
  for (const char* key : {"l", "n", "q"}) {
    DeadRanges fresh;
    fresh.add("m", "p", Timestamp{10}, puts);
    DeadRanges::Range found;
    ASSERT_TRUE(fresh.find("m", Timestamp{10}, found));
    ScriptedPuts meanwhile;
    meanwhile.meanwhile = [&] { fresh.put(key); };
    fresh.extend(found, "k", "r", Timestamp{12}, meanwhile);
    EXPECT_FALSE(fresh.find(key, Timestamp{12}, found)) << key;
  }
}

TEST_F(DeadRangesTest, WhatWasFoundBeforeItChangedIsNotExtended) {
  add("m", "p");
  const DeadRanges::Range before = known("n");
  ranges.put("n");
  ranges.extend(before, "k", "r", Timestamp{12}, puts);
  EXPECT_EQ(range_at("n", 12), "");
}

TEST_F(DeadRangesTest, ALargerRangeTakesInTheSmaller) {
  add("b", "d");
  add("f", "h");
  ranges.extend(known("b"), "a", "z", Timestamp{12}, puts);
  ranges.put("b");
  ranges.put("y");
  EXPECT_EQ(range_at("g", 12), Bytes("b\0..y", 5));
}

TEST_F(DeadRangesTest, ThereIsAlwaysRoomForARangeThatIsUsed) {
  for (char key = 'a'; key < 'm'; ++key) add(Bytes(1, key), Bytes(1, key) + "z");
  EXPECT_EQ(range_at("l"), "l..lz");
}

TEST_F(DeadRangesTest, LongBoundsAreNotKept) {
  const Bytes fits(DeadRanges::kBoundSizeMax, 'k');
  const Bytes behind = fits + "k";
  add("a", behind);
  EXPECT_EQ(range_at("k"), "");
  add("a", fits);
  EXPECT_EQ(range_at("k"), "a.." + fits);
  ranges.put(fits.substr(1));
  EXPECT_EQ(range_at("kkk"), "a.." + fits.substr(1));
  add("a", "z");
  // Nothing that is kept can begin behind this key.
  ranges.put(fits);
  EXPECT_EQ(range_at("l"), "");
}

TEST_F(DeadRangesTest, BoundsCompareAsKeysDo) {
  Random random(1);
  const auto key = [&] {
    Bytes bytes(random.below(18), 'a');
    for (char& c : bytes) c = static_cast<char>(random.below(3) * 127);
    return bytes;
  };
  for (int round = 0; round < 5'000; ++round) {
    const Bytes begin = key();
    const Bytes end = key();
    const Bytes inside = key();
    DeadRanges fresh;
    fresh.add(begin, end, Timestamp{1}, puts);
    DeadRanges::Range found;
    ASSERT_EQ(fresh.find(inside, Timestamp{1}, found), begin <= inside && inside < end);
  }
}

/// Meant for the thread sanitizer. Of many keys one is alive at every moment; the next is put where readers are just
/// proving everything dead.
TEST(DeadRangesConcurrencyTest, NoReaderMissesAPutIntoADeadRange) {
  constexpr uint64_t kKeyCount = 600;
  constexpr int kMoves = 40'000;
  const auto key_of = [](uint64_t number) { return "key" + std::to_string(1000 + number); };
  MemoryFileSystem files;
  TreeStand stand(files);
  stand.options.memtable_size = 4 << 20;
  ASSERT_TRUE(stand.create().ok());
  ASSERT_TRUE(stand.open().ok());
  for (uint64_t number = 0; number < kKeyCount; ++number) ASSERT_TRUE(stand.remove(key_of(number)).ok());
  ASSERT_TRUE(stand.put(key_of(0), "0").ok());

  std::atomic<int> acknowledged{0};
  std::atomic<bool> done{false};
  const auto read = [&](bool forward) {
    while (!done) {
      const int least = acknowledged.load();
      auto cursor = stand.reader->cursor({}, {});
      ASSERT_TRUE(cursor.ok());
      int count = 0;
      for (const Item* item = forward ? (*cursor)->seek("") : (*cursor)->seek_last(); item != nullptr;
           item = forward ? (*cursor)->next() : (*cursor)->prev()) {
        EXPECT_GE(std::stoi(std::string(item->value)), least);
        ++count;
      }
      if (count != 1) done = true;
      ASSERT_EQ(count, 1);
    }
  };
  std::vector<std::thread> readers;
  for (const bool forward : {true, true, false}) readers.emplace_back([&, forward] { read(forward); });

  Random random(1);
  uint64_t alive = 0;
  for (int move = 1; move < kMoves && !done; ++move) {
    const uint64_t next = (alive + 1 + random.below(kKeyCount - 1)) % kKeyCount;
    Batch batch;
    EXPECT_TRUE(batch.put(key_of(next), std::to_string(move)).ok());
    EXPECT_TRUE(batch.remove(key_of(alive)).ok());
    EXPECT_TRUE(stand.write(batch).ok());
    acknowledged = move;
    alive = next;
    if (stand.tree->memtable_full()) {
      EXPECT_TRUE(stand.catch_up().ok());
    }
  }
  done = true;
  for (std::thread& each : readers) each.join();
}

/// Readers trust a range that they found after their own moment: so a put leaves it before anybody can see the put, and who
/// does it the other way round gets no further.
TEST(DeadRangesDeathTest, WhatCanBeSeenIsInNoDeadRange) {
  Batch batch;
  ASSERT_TRUE(batch.put("dead5", "alive").ok());
  DeadRanges ranges;
  const Timestamp commit{5};
  revive(ranges, batch, commit, Timestamp{4});
  EXPECT_DEATH(revive(ranges, batch, commit, commit), "visible");
}

}  // namespace
}  // namespace coppice::engine
