// Takes a small life with expiry and history apart at every n-th file operation: what has expired does not come back, and no
// moment is said to be readable that is not.
#include <gtest/gtest.h>

#include "tests/crash/ending.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/keys.hpp"
#include "tests/support/tree_stand.hpp"

namespace coppice::engine {
namespace {

using Items = TreeStand::Items;

struct Held {
  Bytes value;
  uint64_t expiry_ms;
};
using Holdings = std::map<Bytes, Held>;

Items alive_at(const Holdings& holdings, uint64_t ms) {
  Items items;
  for (const auto& [key, held] : holdings)
    if (held.expiry_ms > ms) items.emplace(key, held.value);
  return items;
}

struct Noted {
  Timestamp moment;
  /// Writes that were done by then.
  size_t count;
};

/// Puts that expire over such as do not and the other way round, in the same table and below, with time going by between them,
/// and whole tables that expire.
class TimedLife {
public:
  static constexpr uint64_t kForEver = UINT64_MAX;
  static constexpr uint64_t kRetention = 2'500;

  TimedLife(FileSystem& files, const KeyRing& keys, uint64_t retention_ms) : stand(files) {
    stand.wall = &clock;
    stand.keys = keys;
    stand.options.retention_ms = retention_ms;
    stand.options.value_threshold = 200;
    states.emplace_back();
  }

  /// Until something fails.
  void live() {
    was_created = stand.create().ok();
    if (!was_created || !stand.open().ok()) return;
    for (int round = 0; round < 3; ++round) {
      if (!write({{"a", kForEver}, {"b", 500}, {"c", 1'500}, {"d", 6'000}, {"e", kForEver}})) return;
      if (!note(300)) return;
      if (!write({{"a", 1'000}, {"b", kForEver}, {"c", 900}}) || !work(stand.flush())) return;
      if (!note(700)) return;
      if (!write({{"a", kForEver}, {"d", 1'000}}) || !expire_tables()) return;
      if (round == 1 && !work(stand.compact())) return;
      if (!note(1'100) || (round == 1 && !reopen())) return;
    }
  }

  FakeClock clock;
  TreeStand stand;
  /// What is there after the first n writes.
  std::vector<Holdings> states;
  std::vector<Noted> moments;
  bool was_created = false;
  bool dropped = false;
  size_t synced = 0;
  size_t buffered = 0;

private:
  /// Of how many milliseconds each lives.
  bool write(const std::vector<std::pair<Bytes, uint64_t>>& lives) {
    Batch batch;
    Holdings next = states.back();
    for (const auto& [key, ttl_ms] : lives) {
      // Of every other write the values lie apart, once they are in a table.
      const Bytes value = std::to_string(states.size()) + Bytes(states.size() % 2 * 200, 'v');
      const uint64_t expiry_ms = ttl_ms == kForEver ? kForEver : clock.now() + ttl_ms;
      EXPECT_TRUE((ttl_ms == kForEver ? batch.put(key, value) : batch.put_until(key, value, expiry_ms)).ok());
      next.insert_or_assign(key, Held{value, expiry_ms});
    }
    const bool to_disk = states.size() % 2 == 0;
    states.push_back(std::move(next));
    if (!stand.write(batch, to_disk ? Durability::synced : Durability::buffered).ok()) return false;
    buffered = states.size() - 1;
    if (to_disk) synced = buffered;
    return true;
  }
  bool note(uint64_t pass_ms) {
    const Timestamp moment = stand.tick();
    stand.tree->advance(moment);
    moments.push_back({moment, states.size() - 1});
    clock.pass(pass_ms);
    return true;
  }
  /// Tables of their own, of which all expires.
  bool expire_tables() {
    if (!work(stand.flush()) || !write({{"x", 50}, {"y", 50}}) || !work(stand.flush())) return false;
    clock.pass(50 + stand.options.retention_ms);
    while (auto job = stand.tree->plan_merge({}, MergeNeed::idle)) {
      const Status done = stand.finish(std::move(job));
      if (!work(done)) return false;
      // What failed may be due for ever.
      if (!done.ok()) break;
    }
    dropped = dropped || stand.tree->stats().tables_dropped > 0;
    return true;
  }
  bool reopen() {
    if (!stand.tree->close().ok()) return false;
    synced = buffered = states.size() - 1;
    return stand.open().ok();
  }
  /// A failure of background work may leave the tree in service.
  bool work(const Status& status) { return status.ok() || !stand.tree->broken(); }
};

class TreeTimeCrashTest : public ::testing::TestWithParam<Ending> {
protected:
  void try_every_operation(uint64_t retention_ms, const KeyRing& keys = {}) {
    bool whole_life = false;
    bool dropped = false;
    size_t readable = 0;
    uint64_t after = 0;
    for (; !whole_life && !HasFatalFailure(); ++after) {
      SCOPED_TRACE("operation " + std::to_string(after));
      MemoryFileSystem files;
      TimedLife life(files, keys, retention_ms);
      arm(GetParam(), files, after);
      life.live();
      dropped = dropped || life.dropped;
      life.stand.drop();
      whole_life = files.operation_count() <= after;
      end(GetParam(), files, after);
      readable += look_at(files, life);
    }
    EXPECT_GT(after, 100u);
    EXPECT_TRUE(dropped) << "tables that are dropped unread are not tried";
    if (retention_ms > 0) {
      EXPECT_GT(readable, 50u) << "hardly any moment of history is read";
    }
  }

  /// How many moments of the history could be read.
  static size_t look_at(MemoryFileSystem& files, TimedLife& life) {
    const Status opened = life.stand.open();
    if (!life.was_created && !opened.ok()) {
      EXPECT_EQ(opened.error().code, Errc::not_found) << to_string(opened.error());
      return 0;
    }
    EXPECT_TRUE(opened.ok()) << to_string(opened.error());
    if (!opened.ok()) return 0;
    const auto found =
        writes_found(life, keeps_only_what_was_synced(GetParam()) ? life.synced : life.buffered);
    EXPECT_TRUE(found) << "of " << life.states.size() - 1 << " writes";
    if (!found) return 0;
    const size_t readable = compare_history(life, *found);

    // Nor do merges and openings bring back what has expired, or lose what can be read.
    EXPECT_TRUE(life.stand.put("new", "life", Durability::synced).ok());
    EXPECT_TRUE(life.stand.compact().ok());
    files.crash();
    EXPECT_TRUE(life.stand.open().ok());
    Items expected = alive_at(life.states[*found], life.clock.now());
    expected.insert_or_assign("new", "life");
    EXPECT_EQ(life.stand.items(), expected);
    compare_history(life, *found);
    return readable;
  }

  /// The first number of writes, from `least` on, after which is there what is found.
  static std::optional<size_t> writes_found(const TimedLife& life, size_t least) {
    const Items found = life.stand.items();
    for (size_t count = least; count < life.states.size(); ++count)
      if (alive_at(life.states[count], life.clock.now()) == found) return count;
    return std::nullopt;
  }

  static size_t compare_history(const TimedLife& life, size_t found) {
    size_t readable = 0;
    for (const auto& [moment, count] : life.moments) {
      if (moment < life.stand.tree->history_from() || count > found) continue;
      ++readable;
      EXPECT_EQ(life.stand.items(moment), alive_at(life.states[count], moment.milliseconds())) << count;
    }
    return readable;
  }
};

TEST_P(TreeTimeCrashTest, WhatHasExpiredIsGoneAndWhatWasAcknowledgedIsThere) { try_every_operation(0); }

TEST_P(TreeTimeCrashTest, AMomentOfTheHistoryIsAsItWasOrIsNotSaidToBeReadable) {
  try_every_operation(TimedLife::kRetention);
}

TEST_P(TreeTimeCrashTest, TheSameHoldsEncrypted) { try_every_operation(TimedLife::kRetention, ring('a')); }

INSTANTIATE_TEST_SUITE_P(All, TreeTimeCrashTest, every_ending(), ending_name);

}  // namespace
}  // namespace coppice::engine
