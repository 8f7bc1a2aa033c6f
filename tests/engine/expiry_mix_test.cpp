// Puts that expire, together with what else a tree can do: values apart, encryption, operators, and several of them at once.
#include <filesystem>

#include <gmock/gmock.h>

#include "engine/io/file_names.hpp"
#include "tests/engine/tree_fixture.hpp"
#include "tests/support/damage.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/keys.hpp"

namespace coppice::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;

class ExpiryMixTest : public TreeFixture {
protected:
  ExpiryMixTest() {
    stand.wall = &clock;
    reopen();
  }
  void put_for(const Bytes& key, const Bytes& value, uint64_t ttl_ms) {
    ok(stand.put_until(key, value, clock.now() + ttl_ms));
  }
  void merge(const Bytes& key, int64_t number) {
    Batch batch;
    ok(batch.merge(key, Operator::add, number_value(number)));
    ok(stand.write(batch));
  }
  /// The number that the key is; -1: none.
  int64_t number(const Bytes& key, std::optional<Timestamp> at = {}) {
    const auto found = stand.reader->get(key, {.at = at, .cached_only = false});
    EXPECT_TRUE(found.ok());
    const auto scanned = stand.items(at);
    const int64_t number = found.ok() && *found ? number_of(**found).value_or(-2) : -1;
    EXPECT_EQ(scanned.contains(key) ? number_of(scanned.at(key)).value_or(-2) : -1, number);
    return number;
  }
  Timestamp hold() {
    const Timestamp moment = stand.tick();
    stand.tree->advance(moment);
    stand.snapshots.push_back(moment);
    return moment;
  }
  void idle() {
    ok(stand.flush());
    while (auto job = stand.tree->plan_merge(stand.snapshots, MergeNeed::idle))
      ok(stand.finish(std::move(job)));
  }
  /// Of tables and value files.
  uint64_t size_on_disk() {
    uint64_t size = 0;
    for (const auto& file : std::filesystem::directory_iterator(stand.directory()))
      if (const auto kind = file.path().extension(); kind == ".sst" || kind == ".val")
        size += file.file_size();
    return size;
  }
  std::vector<Bytes> contents_of_files() {
    std::vector<Bytes> contents;
    for (const auto& file : std::filesystem::directory_iterator(stand.directory()))
      contents.push_back(content_of(files, file.path()));
    return contents;
  }

  FakeClock clock;
};

// Values apart.

TEST_F(ExpiryMixTest, AValueApartExpiresAndGivesItsSpaceBack) {
  stand.options.value_threshold = 100;
  reopen();
  for (int number = 0; number < 50; ++number) put_for(key_of(number), Bytes(1000, 'v'), 1000);
  ok(stand.put("stays", Bytes(1000, 's')));
  const Timestamp alive = hold();
  idle();
  ASSERT_GT(stand.tree->stats().value_files, 0u);
  EXPECT_GT(size_on_disk(), 50'000u);
  EXPECT_EQ(stand.get(key_of(7)), Bytes(1000, 'v'));
  EXPECT_EQ(stand.items().size(), 51u);

  clock.pass(1000);
  idle();
  EXPECT_EQ(stand.get(key_of(7)), "(none)");
  EXPECT_THAT(stand.items(), ElementsAre(Pair("stays", Bytes(1000, 's'))));
  EXPECT_EQ(stand.get(key_of(7), alive), Bytes(1000, 'v'));
  EXPECT_EQ(stand.items(alive).size(), 51u);

  stand.snapshots.clear();
  ok(stand.put("z", ""));
  idle();
  EXPECT_LT(size_on_disk(), 10'000u);
  EXPECT_EQ(stand.get("stays"), Bytes(1000, 's'));
}

TEST_F(ExpiryMixTest, SeveralKeysApartAreJudgedTogether) {
  stand.options.value_threshold = 100;
  reopen();
  put_for("a", Bytes(200, 'a'), 10);
  put_for("b", Bytes(200, 'b'), 20);
  ok(stand.put("c", Bytes(200, 'c')));
  ok(stand.flush());
  clock.pass(10);
  const std::vector<ByteView> keys{"a", "b", "c"};
  const auto values = stand.reader->get_many(keys, {});
  ASSERT_TRUE(values.ok());
  EXPECT_THAT(*values, ElementsAre(std::nullopt, Bytes(200, 'b'), Bytes(200, 'c')));
}

// Encryption.

TEST_F(ExpiryMixTest, AnEncryptedTreeExpiresAndTellsNothing) {
  stand.keys = ring('a');
  stand.options.value_threshold = 100;
  stand.options.retention_ms = 5000;
  reopen();
  put_for("small", "secret small", 1000);
  put_for("large", "secret " + Bytes(200, 'v'), 1000);
  ok(stand.flush());
  const Timestamp alive = stand.tick();
  stand.tree->advance(alive);
  for (const Bytes& content : contents_of_files()) EXPECT_THAT(content, Not(::testing::HasSubstr("secret")));

  clock.pass(1000);
  reopen();
  EXPECT_THAT(stand.items(), IsEmpty());
  EXPECT_EQ(stand.get("small", alive), "secret small");
  EXPECT_EQ(stand.items(alive).size(), 2u);
  clock.pass(5000);
  idle();
  EXPECT_EQ(stand.tree->stats().tables_dropped, 1u);
  const auto report = stand.reader->verify({});
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->entries, 0u);
}

// Operators. What is merged into a key has no end of its own: it is done to what is there at the reader's moment, so when the
// put below has expired it is done to nothing.

TEST_F(ExpiryMixTest, AMergeIsDoneToNothingOnceThePutBelowHasExpired) {
  put_for("n", number_value(10), 100);
  merge("n", 1);
  merge("n", 2);
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(number("n"), 13);
    if (round == 0) ok(stand.flush());
    if (round == 1) ok(stand.compact());
  }
  const Timestamp alive = hold();
  clock.pass(100);
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(number("n"), 3);
    EXPECT_EQ(number("n", alive), 13);
    merge("other", 1);
    ok(stand.compact());
  }
  merge("n", 4);
  EXPECT_EQ(number("n"), 7);
  stand.snapshots.clear();
  idle();
  ok(stand.compact());
  EXPECT_EQ(number("n"), 7);
}

TEST_F(ExpiryMixTest, AMergeInTheBatchOfThePutExpiresWithIt) {
  Batch batch;
  ok(batch.put_until("n", number_value(10), clock.now() + 100));
  ok(batch.merge("n", Operator::add, number_value(1)));
  ok(stand.write(batch));
  EXPECT_EQ(number("n"), 11);
  clock.pass(100);
  EXPECT_EQ(number("n"), -1);
  ok(stand.compact());
  EXPECT_EQ(number("n"), -1);
}

TEST_F(ExpiryMixTest, APutThatExpiresHidesTheMergesBeforeIt) {
  ok(stand.put("n", number_value(1)));
  merge("n", 1);
  ok(stand.compact());
  merge("n", 1);
  put_for("n", number_value(10), 100);
  EXPECT_EQ(number("n"), 10);
  clock.pass(100);
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(number("n"), -1);
    if (round == 0) ok(stand.flush());
    if (round == 1) ok(stand.compact());
  }
}

TEST_F(ExpiryMixTest, WhatHasExpiredIsOfNoVersion) {
  put_for("k", "v", 100);
  EXPECT_EQ(stand.reader->get_versioned("k", {})->version, stand.tree->last_commit());
  clock.pass(100);
  EXPECT_EQ(stand.reader->get_versioned("k", {})->version, kTimestampMin);
  EXPECT_EQ(stand.reader->get_versioned("k", {})->value, std::nullopt);
}

// All of a batch at once.

/// Has what expires merged away between the time that a cursor takes and the view that it pins.
class MergingClock final : public Clock {
public:
  uint64_t milliseconds() const override {
    const uint64_t said = ms;
    if (meanwhile) std::exchange(meanwhile, nullptr)();
    return said;
  }
  mutable std::function<void()> meanwhile;
  uint64_t ms = 1000;
};

TEST_F(ExpiryMixTest, ACursorSeesAllOfABatchOrNothingThoughHalfOfItIsDropped) {
  MergingClock merging;
  stand.wall = &merging;
  reopen();
  Batch batch;
  for (int number = 0; number < 200; ++number) ok(batch.put_until(key_of(number), Bytes(1000, 'v'), 2000));
  // In a table among others that stay.
  const Bytes last = "m" + key_of(100) + "+";
  ok(batch.put_until(last, "v", 2000));
  ok(stand.write(batch));
  for (int number = 0; number < 200; ++number) ok(stand.put("m" + key_of(number), Bytes(1000, 'v')));
  ok(stand.compact());
  merging.meanwhile = [&] {
    merging.ms = 3000;
    while (auto job = stand.tree->plan_merge({})) ok(stand.finish(std::move(job)));
  };
  const auto items = stand.items();
  EXPECT_GT(stand.tree->stats().tables_dropped, 0u);
  EXPECT_EQ(stand.tree->stats().levels.back().entries, 201u) << "all of the batch was dropped";
  EXPECT_FALSE(items.contains(key_of(0)));
  EXPECT_FALSE(items.contains(last));
  EXPECT_EQ(items.size(), 200u);
}

}  // namespace
}  // namespace coppice::engine
