// Puts that expire: gone from every read at once, from the disk by merging, and for no snapshot too early.
#include "engine/cursor/expiry.hpp"

#include <filesystem>

#include <gmock/gmock.h>

#include "tests/engine/tree_fixture.hpp"
#include "tests/support/fake_clock.hpp"

namespace coppice::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

class ExpiryTest : public TreeFixture {
protected:
  ExpiryTest() {
    stand.wall = &clock;
    reopen();
  }
  /// `ttl_ms` from now.
  void put_for(const Bytes& key, const Bytes& value, uint64_t ttl_ms) {
    ok(stand.put_until(key, value, clock.now() + ttl_ms));
  }
  std::vector<std::optional<Bytes>> get_many(const std::vector<Bytes>& keys) {
    const std::vector<ByteView> views(keys.begin(), keys.end());
    auto values = stand.reader->get_many(views, {});
    EXPECT_TRUE(values.ok());
    return values.ok() ? *values : std::vector<std::optional<Bytes>>();
  }
  TreeStand::Items items_back() {
    auto cursor = stand.reader->cursor({}, {});
    EXPECT_TRUE(cursor.ok());
    TreeStand::Items items;
    for (const Item* item = (*cursor)->seek_last(); item != nullptr; item = (*cursor)->prev())
      items.emplace(item->key, item->value);
    return items;
  }
  /// What an owner does with a tree that is left alone.
  void idle() {
    ok(stand.flush());
    while (auto job = stand.tree->plan_merge(stand.snapshots, MergeNeed::idle))
      ok(stand.finish(std::move(job)));
  }
  uint64_t table_size() {
    uint64_t size = 0;
    for (const auto& file : std::filesystem::directory_iterator(stand.directory()))
      if (file.path().extension() == ".sst") size += file.file_size();
    return size;
  }
  uint64_t entry_count() {
    uint64_t count = 0;
    for (const LevelStats& level : stand.tree->stats().levels) count += level.entries;
    return count;
  }

  FakeClock clock;
};

TEST_F(ExpiryTest, IsGoneFromEveryReadFromItsMomentOn) {
  put_for("b", "short", 100);
  ok(stand.put("a", "stays"));
  put_for("c", "", 200);
  for (const bool flushed : {false, true}) {
    if (flushed) ok(stand.flush());
    EXPECT_EQ(stand.get("b"), "short");
    EXPECT_THAT(get_many({"a", "b", "c"}), ElementsAre("stays", "short", ""));
    EXPECT_THAT(stand.items(), ElementsAre(Pair("a", "stays"), Pair("b", "short"), Pair("c", "")));
    EXPECT_EQ(items_back(), stand.items());
  }
  clock.pass(99);
  EXPECT_EQ(stand.get("b"), "short");
  clock.pass(1);
  EXPECT_EQ(stand.get("b"), "(none)");
  EXPECT_THAT(get_many({"b", "a", "c"}), ElementsAre(std::nullopt, "stays", ""));
  EXPECT_THAT(stand.items(), ElementsAre(Pair("a", "stays"), Pair("c", "")));
  EXPECT_EQ(items_back(), stand.items());
}

TEST_F(ExpiryTest, HidesWhatWasThereBefore) {
  ok(stand.put("k", "old"));
  ok(stand.compact());
  put_for("k", "new", 10);
  clock.pass(10);
  EXPECT_EQ(stand.get("k"), "(none)");
  EXPECT_THAT(stand.items(), IsEmpty());
  ok(stand.compact());
  EXPECT_EQ(stand.get("k"), "(none)");
  ok(stand.put("k", "newest"));
  EXPECT_EQ(stand.get("k"), "newest");
}

TEST_F(ExpiryTest, APlainPutOverItStays) {
  put_for("k", "short", 10);
  ok(stand.put("k", "long"));
  clock.pass(1000);
  EXPECT_EQ(stand.get("k"), "long");
  ok(stand.compact());
  EXPECT_EQ(stand.get("k"), "long");
}

TEST_F(ExpiryTest, ASnapshotSeesWhatHadNotExpiredAtItsMoment) {
  put_for("k", "v", 100);
  clock.pass(99);
  const Timestamp alive = stand.tick();
  stand.tree->advance(alive);
  clock.pass(1);
  const Timestamp over = stand.tick();
  stand.tree->advance(over);
  stand.snapshots = {alive, over};
  clock.pass(1'000'000);
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(stand.get("k", alive), "v");
    EXPECT_EQ(stand.get("k", over), "(none)");
    EXPECT_EQ(stand.items(alive).size(), 1u);
    EXPECT_EQ(stand.items(over).size(), 0u);
    EXPECT_EQ(stand.get("k"), "(none)");
    idle();
  }
  // Once nobody holds it, it goes.
  stand.snapshots = {over};
  idle();
  EXPECT_EQ(entry_count(), 0u);
}

TEST_F(ExpiryTest, ACursorIsOfOneMomentHoweverLongItIsUsed) {
  put_for("a", "1", 100);
  put_for("b", "2", 100);
  auto cursor = stand.reader->cursor({}, {});
  ASSERT_TRUE(cursor.ok());
  ASSERT_NE((*cursor)->seek("a"), nullptr);
  clock.pass(100);
  const Item* second = (*cursor)->next();
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(second->key, "b");
  EXPECT_THAT(stand.items(), IsEmpty());
}

TEST_F(ExpiryTest, NobodyAsksTheTimeWhereNothingExpires) {
  ok(stand.put("a", "1"));
  ok(stand.remove("b"));
  ok(stand.flush());
  const uint64_t before = clock.asked();
  EXPECT_EQ(stand.get("a"), "1");
  EXPECT_EQ(stand.get("b"), "(none)");
  EXPECT_THAT(get_many({"a", "b", "x"}), ElementsAre("1", std::nullopt, std::nullopt));
  EXPECT_EQ(clock.asked(), before);
}

/// Writes something else while it is asked for the time.
class OvertakingClock final : public Clock {
public:
  uint64_t milliseconds() const override {
    if (overtake) std::exchange(overtake, nullptr)();
    return ms;
  }
  mutable std::function<void()> overtake;
  uint64_t ms = 1000;
};

TEST_F(ExpiryTest, AKeyThatWasOverwrittenBeforeItExpiredIsNeverAbsent) {
  OvertakingClock overtaking;
  stand.wall = &overtaking;
  reopen();
  ok(stand.put_until("k", "old", 2'000));
  overtaking.overtake = [&] {
    ok(stand.put("k", "new"));
    overtaking.ms = 3'000;
  };
  EXPECT_EQ(stand.get("k"), "new");
}

TEST_F(ExpiryTest, WithoutAClockTimeIsTheLatestWrites) {
  stand.wall = nullptr;
  reopen();
  const uint64_t now = Timestamp{stand.clock}.milliseconds();
  ok(stand.put_until("k", "v", now + 10));
  EXPECT_EQ(stand.get("k"), "v");
  stand.clock = first_of_millisecond(now + 10).raw;
  EXPECT_EQ(stand.get("k"), "v");
  ok(stand.put("other", ""));
  EXPECT_EQ(stand.get("k"), "(none)");
}

TEST_F(ExpiryTest, IsKeptThroughCrashesAndOpenings) {
  put_for("k", "v", 100);
  ok(stand.flush());
  put_for("l", "w", 100);
  stand.drop();
  open();
  EXPECT_EQ(stand.items().size(), 2u);
  clock.pass(100);
  EXPECT_THAT(stand.items(), IsEmpty());
  reopen();
  EXPECT_THAT(stand.items(), IsEmpty());
}

// From the disk.

TEST_F(ExpiryTest, AnIdleTreeOfWhichAllHasExpiredIsEmptyUnread) {
  for (int number = 0; number < 20'000; ++number) {
    put_for(key_of(number), Bytes(50, 'v'), 1000 + static_cast<uint64_t>(number % 100));
    if (stand.tree->memtable_full()) ok(stand.catch_up());
  }
  idle();
  const uint64_t written = stand.tree->stats().write_amplification() > 0 ? table_size() : 0;
  EXPECT_GT(written, 500'000u);
  EXPECT_FALSE(stand.tree->frees_with_time());
  clock.pass(1099);
  EXPECT_TRUE(stand.tree->frees_with_time());
  clock.pass(1);
  const uint64_t merged_before = stand.tree->stats().levels.back().bytes_merged;
  while (auto job = stand.tree->plan_merge({})) {
    const std::atomic<bool> never{false};
    job->run(never);
    EXPECT_EQ(job->bytes_read() + job->bytes_written(), 0u);
    ok(stand.tree->install(*std::move(job)));
  }
  EXPECT_EQ(stand.tree->stats().levels.back().bytes_merged, merged_before);
  EXPECT_EQ(entry_count(), 0u);
  EXPECT_EQ(table_size(), 0u);
  EXPECT_GT(stand.tree->stats().tables_dropped, 0u);
  EXPECT_FALSE(stand.tree->frees_with_time());
}

TEST_F(ExpiryTest, WhatExpiresAmongWhatStaysLeavesTheDiskAsWell) {
  for (int number = 0; number < 20'000; ++number) {
    if (number % 2 == 0) {
      put_for(key_of(number), Bytes(50, 'v'), 1000);
    } else {
      ok(stand.put(key_of(number), Bytes(50, 'v')));
    }
    if (stand.tree->memtable_full()) ok(stand.catch_up());
  }
  idle();
  const uint64_t whole = table_size();
  clock.pass(1000);
  idle();
  EXPECT_LT(table_size(), whole * 6 / 10);
  EXPECT_EQ(entry_count(), 10'000u);
  EXPECT_EQ(stand.items().size(), 10'000u);
}

TEST_F(ExpiryTest, AnExpiredTableStaysWhileItHidesWhatIsBelow) {
  ok(stand.put("k", "old"));
  ok(stand.put("z", "z"));
  ok(stand.compact());
  put_for("k", "new", 10);
  put_for("y", "new", 10);
  ok(stand.flush());
  clock.pass(10);
  idle();
  EXPECT_EQ(stand.get("k"), "(none)");
  EXPECT_THAT(stand.items(), ElementsAre(Pair("z", "z")));
  EXPECT_EQ(entry_count(), 1u);
}

TEST_F(ExpiryTest, VerificationAgreesWithWhatTheTableSays) {
  for (int number = 0; number < 300; ++number)
    put_for(key_of(number % 200), "v", static_cast<uint64_t>(number));
  stand.snapshots = {Timestamp{1}, stand.tree->last_commit()};
  for (int number = 0; number < 300; ++number) put_for(key_of(number % 200), "w", 500);
  ok(stand.flush());
  const auto report = stand.reader->verify({});
  ASSERT_TRUE(report.ok());
  EXPECT_THAT(report->problems, IsEmpty());
}

// Dead ranges.

TEST_F(ExpiryTest, WhatHasJustExpiredIsNoDeadRangeForASnapshotBefore) {
  for (int number = 0; number < 500; ++number) put_for(key_of(number), "v", 100);
  // Dead to all, so that whoever comes here looks for notes of more.
  ok(stand.remove(key_of(0)));
  ok(stand.remove(key_of(499)));
  const Timestamp alive = stand.tick();
  stand.tree->advance(alive);
  stand.snapshots = {alive};
  clock.pass(100);
  // Walks that would leave notes of what is dead.
  for (int round = 0; round < 3; ++round) {
    EXPECT_THAT(stand.items(), IsEmpty());
    EXPECT_THAT(items_back(), IsEmpty());
  }
  EXPECT_EQ(stand.items(alive).size(), 498u);
}

TEST_F(ExpiryTest, WhatExpiredBeforeTheLatestWriteIsCrossedInOneStep) {
  for (int number = 0; number < 500; ++number) put_for(key_of(number), "v", 100);
  const Timestamp alive = stand.tick();
  stand.tree->advance(alive);
  stand.snapshots = {alive};
  clock.pass(100);
  ok(stand.put("z", "z"));
  for (int round = 0; round < 3; ++round) EXPECT_EQ(stand.items().size(), 1u);
  EXPECT_EQ(stand.items(alive).size(), 500u);
  // A put into it, that expires as well, brings its key back.
  put_for(key_of(250), "again", 100);
  EXPECT_EQ(stand.items().size(), 2u);
  EXPECT_EQ(items_back().size(), 2u);
}

}  // namespace
}  // namespace coppice::engine
