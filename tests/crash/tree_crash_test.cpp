// Fails, kills or takes the power at every n-th file operation of a small life, and looks at what is left.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/crash/ending.hpp"
#include "tests/support/keys.hpp"
#include "tests/support/memory_file_system.hpp"
#include "tests/support/tree_stand.hpp"

namespace coppice::engine {
namespace {

using Items = TreeStand::Items;

/// One life of a tree: writes of every durability, flushes, merges and openings, until something fails.
class Life {
public:
  explicit Life(FileSystem& files, const KeyRing& keys = {}) : stand(files) {
    stand.keys = keys;
    states.emplace_back();
  }

  /// Until something fails; false if something did.
  bool live() {
    counts_ = true;
    if (!created()) return false;
    for (int round = 0; round < 3; ++round) {
      if (!write(Durability::synced, {{"a", number()}, {"b", number()}, {"c", number()}})) return false;
      if (!write(Durability::buffered, {{"d" + number(), number()}, {"e", number()}})) return false;
      if (!write(Durability::memory, {{"f", Bytes(300, 'f')}, {"g", number()}})) return false;
      if (!delete_range("d", "e")) return false;
      if (round == 1 && !work(stand.tree->seal_memtable())) return false;
      if (round == 2 && !write_behind_seals()) return false;
      if (!write(Durability::synced, {{"h" + number(), number()}, {"a", number()}})) return false;
      if (!work(stand.flush())) return false;
      if (!write(Durability::buffered, {{"i", number()}, {"b", number()}})) return false;
      if (round == 1 && (!stop_merge() || !work(stand.compact()))) return false;
      if (round == 0 && !drop_tables()) return false;
      if (round < 2 && !reopen()) return false;
    }
    return true;
  }

  /// The same, with memtables so full that some of their keys are merged past level 0: each batch has keys that lie dense
  /// and are taken first, and such as go to level 0 at last.
  bool live_in_steps() {
    if (!created()) return false;
    if (!write(Durability::synced, {{"a", "old"}, {"b", "old"}, {"c", "old"}})) return false;
    if (!write(Durability::buffered, big({"d", "e", "f", "g", "h", "i", "j", "k"}))) return false;
    if (!work(stand.compact())) return false;
    for (int round = 0; round < 3; ++round) {
      if (!fill_memtable(round) || !work(stand.tree->seal_memtable())) return false;
      if (round > 0 && !write(Durability::buffered, {{"a", number()}, {"k", number()}})) return false;
      while (const auto waiting = stand.tree->stats().sealed_memtables) {
        auto job = stand.tree->plan_flush({});
        if (round > 1 && !write(Durability::synced, {{"l", number()}, {"d", number()}})) return false;
        if (const Status done = stand.finish(std::move(job)); !done.ok()) {
          if (!work(done)) return false;
          break;
        }
        if (stand.tree->stats().sealed_memtables == waiting) ++steps;
        if (round > 0 && !write(Durability::buffered, {{"b", number()}, {"j", number()}})) return false;
      }
      if (round == 1 && !reopen()) return false;
    }
    return true;
  }

  bool reopen() {
    if (!stand.tree->close().ok()) return false;
    // Durable, all of it, whatever was asked.
    synced = buffered = states.size() - 1;
    return stand.open().ok();
  }

  TreeStand stand;
  /// Memtables of which only some keys were flushed, counted at each step.
  size_t steps = 0;
  /// What is there after the first n writes.
  std::vector<Items> states;
  bool was_created = false;
  /// Tables were dropped without being read.
  bool dropped = false;
  /// A merge was stopped.
  bool stopped = false;
  /// The writes that were acknowledged, of each durability.
  size_t synced = 0;
  size_t buffered = 0;

private:
  /// Each write also adds one to a counter: a merge that is lost, or done twice, shows.
  bool counts_ = false;

  std::string number() { return std::to_string(states.size()); }

  bool created() {
    was_created = stand.create().ok();
    return was_created && stand.open().ok();
  }
  /// Three logs before a flush, the first and the last with a synced write.
  bool write_behind_seals() {
    if (!work(stand.tree->seal_memtable())) return false;
    if (!write(Durability::buffered, {{"j", number()}})) return false;
    if (!work(stand.tree->seal_memtable())) return false;
    if (!write(Durability::buffered, {{"k", number()}})) return false;
    return write(Durability::synced, {{"l", number()}}) && write(Durability::buffered, {{"m", number()}});
  }
  /// A merge that is stopped amid its first table.
  bool stop_merge() {
    for (int time = 0; time < 2; ++time) {
      Items many;
      for (int key = 0; key < 600; ++key) many["j" + std::to_string(1'000 + key)] = number();
      if (!write(Durability::buffered, many) || !work(stand.flush())) return false;
      if (time == 0 && !work(stand.compact())) return false;
    }
    // What meets nothing is moved, and cannot be stopped.
    while (auto job = stand.tree->plan_merge_range({}, {})) {
      std::atomic<bool> cancelled{false};
      job->run(cancelled, [&](uint64_t, double) { cancelled = true; });
      const Status installed = stand.tree->install(*std::move(job));
      stopped = !installed.ok() && installed.error().code == Errc::cancelled;
      if (!installed.ok()) return work(installed);
    }
    return true;
  }
  /// A table of its own, deleted by a range delete in another.
  bool drop_tables() {
    if (!work(stand.flush())) return false;
    counts_ = false;
    if (!write(Durability::buffered, {{"x", number()}, {"y", number()}}) || !work(stand.flush()))
      return false;
    counts_ = true;
    if (!delete_range("x", "z") || !work(stand.flush()) || !work(stand.catch_up())) return false;
    dropped = stand.tree->stats().tables_dropped > 0;
    return true;
  }
  Items big(const std::vector<const char*>& keys) {
    Items puts;
    for (const char* key : keys) puts[key] = number() + Bytes(3000, *key);
    return puts;
  }
  bool fill_memtable(int round) {
    static constexpr Durability kDurabilities[] = {Durability::buffered, Durability::memory,
                                                   Durability::synced};
    for (int count = 0; !stand.tree->memtable_full(); ++count) {
      const Durability durability = round == 0 ? Durability::buffered : kDurabilities[(count + round) % 3];
      if (!write(durability, big({"d", count % 2 == 0 ? "e" : "f", "j"}))) return false;
    }
    return write(Durability::buffered, {{"a", number()}, {"d", number()}, {"k", number()}});
  }
  // A failure of background work may leave the tree in service.
  bool work(const Status& status) { return status.ok() || !stand.tree->broken(); }

  bool write(Durability durability, const Items& puts) {
    Batch batch;
    Items next = states.back();
    for (const auto& [key, value] : puts) {
      EXPECT_TRUE(batch.put(key, value).ok());
      next.insert_or_assign(key, value);
    }
    if (counts_) {
      EXPECT_TRUE(batch.merge("n", Operator::add, number_value(1)).ok());
      const int64_t before = next.contains("n") ? *number_of(next.at("n")) : 0;
      next.insert_or_assign("n", number_value(before + 1));
    }
    return write(batch, durability, std::move(next));
  }
  bool delete_range(const Bytes& begin, const Bytes& end) {
    Batch batch;
    EXPECT_TRUE(batch.delete_range(begin, end).ok());
    Items next = states.back();
    next.erase(next.lower_bound(begin), next.lower_bound(end));
    return write(batch, Durability::buffered, std::move(next));
  }
  bool write(const Batch& batch, Durability durability, Items next) {
    states.push_back(std::move(next));
    if (!stand.write(batch, durability).ok()) return false;
    const size_t count = states.size() - 1;
    // What reaches the disk or the system takes all before it along.
    if (durability == Durability::synced) synced = count;
    if (durability != Durability::memory) buffered = count;
    return true;
  }
};

class TreeCrashTest : public ::testing::TestWithParam<Ending> {
protected:
  static void arm(MemoryFileSystem& files, uint64_t after) { engine::arm(GetParam(), files, after); }
  static void end(MemoryFileSystem& files, uint64_t seed) { engine::end(GetParam(), files, seed); }

  /// Lives until an operation, at every one of them in turn, and looks at what is left. The last life was whole.
  template <class Live>
  void try_every_operation(Live live, const KeyRing& keys = {}) {
    bool whole_life = false;
    uint64_t after = 0;
    for (; !whole_life && !HasFatalFailure(); ++after) {
      SCOPED_TRACE("operation " + std::to_string(after));
      MemoryFileSystem files;
      Life life(files, keys);
      arm(files, after);
      live(life);
      life.stand.drop();
      whole_life = files.operation_count() <= after;
      end(files, after);
      look_at(files, life);
    }
    EXPECT_GT(after, 100u);
  }

  static void look_at(MemoryFileSystem& files, Life& life) {
    const Status opened = life.stand.open();
    if (!life.was_created && !opened.ok()) {
      EXPECT_EQ(opened.error().code, Errc::not_found) << to_string(opened.error());
      return;
    }
    ASSERT_TRUE(opened.ok()) << to_string(opened.error());
    const Items found = life.stand.items();
    const size_t least = keeps_only_what_was_synced(GetParam()) ? life.synced : life.buffered;
    const auto first = life.states.begin() + static_cast<std::ptrdiff_t>(least);
    ASSERT_NE(std::find(first, life.states.end(), found), life.states.end())
        << "of " << life.states.size() - 1 << " writes " << least << " had to be kept";

    // What an opened tree shows stays, without any further write.
    life.stand.drop();
    files.crash();
    ASSERT_TRUE(life.stand.open().ok());
    EXPECT_EQ(life.stand.items(), found);

    // It goes on as if nothing had been.
    ASSERT_TRUE(life.stand.put("new", "life", Durability::synced).ok());
    ASSERT_TRUE(life.stand.compact().ok());
    ASSERT_TRUE(life.stand.tree->close().ok());
    ASSERT_TRUE(life.stand.open().ok());
    Items expected = found;
    expected.insert_or_assign("new", "life");
    EXPECT_EQ(life.stand.items(), expected);
  }
};

TEST_P(TreeCrashTest, WhateverWasAcknowledgedIsThereAndNoBatchIsHalf) {
  bool dropped = false;
  bool stopped = false;
  try_every_operation([&](Life& life) {
    life.live();
    dropped = life.dropped;
    stopped = life.stopped;
  });
  EXPECT_TRUE(dropped) << "tables that are dropped unread are not tried";
  EXPECT_TRUE(stopped) << "merges that are stopped are not tried";
}

TEST_P(TreeCrashTest, KeysOfAMemtableThatSkippedLevelZeroAreNoHalfOfABatch) {
  size_t steps = 0;
  try_every_operation([&](Life& life) {
    life.live_in_steps();
    steps = life.steps;
  });
  EXPECT_GE(steps, 3u) << "no memtable was flushed in steps";
}

TEST_P(TreeCrashTest, ValuesThatLieApartAreThereToo) {
  size_t steps = 0;
  uint32_t files = 0;
  try_every_operation([&](Life& life) {
    life.stand.options.value_threshold = 200;
    life.live_in_steps();
    steps = life.steps;
    if (life.stand.tree != nullptr) files = std::max(files, life.stand.tree->stats().value_files);
  });
  EXPECT_GE(steps, 1u) << "no memtable was flushed in steps";
  EXPECT_GE(files, 2u);
}

/// Tables and values go to a second directory, and come back.
TEST_P(TreeCrashTest, FilesInTwoDirectoriesAreThereToo) {
  uint64_t cold = 0;
  bool came_back = false;
  try_every_operation([&](Life& life) {
    life.stand.cold_directory = "/cold";
    life.stand.options.value_threshold = 200;
    if (!life.live()) return;
    cold = life.stand.tree->stats().cold.count;
    life.stand.options.cold_after_ms = kNeverCold;
    if (!life.reopen() || !life.stand.idle().ok()) return;
    came_back = life.stand.tree->stats().cold.count == 0;
  });
  EXPECT_GE(cold, 2u);
  EXPECT_TRUE(came_back);
}

TEST_P(TreeCrashTest, AnEncryptedTreeKeepsNoLess) {
  try_every_operation([&](Life& life) { life.live(); }, ring('a'));
}

/// Recovery itself is cut short at every operation, and begins anew. Lives of different lengths leave one log or several.
TEST_P(TreeCrashTest, RecoveryMayBeCutShortAnywhere) {
  for (uint64_t lived = 120; lived < 600; lived += 40) {
    bool recovered = false;
    for (uint64_t after = 0; !recovered; ++after) {
      SCOPED_TRACE("lived for " + std::to_string(lived) + ", operation " + std::to_string(after));
      MemoryFileSystem files;
      // Some are encrypted, and some keep values apart.
      Life life(files, lived % 80 == 0 ? ring('a') : KeyRing());
      if (lived % 120 == 0) life.stand.options.value_threshold = 200;
      if (lived % 80 == 40) life.stand.cold_directory = "/cold";
      files.stop_after(lived);
      life.live();
      life.stand.drop();
      end(files, 7 + lived);

      const uint64_t before = files.operation_count();
      arm(files, after);
      (void)life.stand.open().ok();
      life.stand.drop();
      recovered = files.operation_count() - before <= after;
      end(files, after);
      const Status opened = life.stand.open();
      ASSERT_TRUE(opened.ok()) << to_string(opened.error());
      const auto first = life.states.begin() + static_cast<std::ptrdiff_t>(life.synced);
      EXPECT_NE(std::find(first, life.states.end(), life.stand.items()), life.states.end());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, TreeCrashTest, every_ending(), ending_name);

// Memory has been read into a memtable by then, and the disk has other bytes.
TEST(TreeForgetTest, WhatTheSystemForgetsWhileATreeIsOpenedIsNotReliedUpon) {
  int refused = 0;
  bool forgot = true;
  for (uint64_t after = 0; forgot; ++after) {
    SCOPED_TRACE("operation " + std::to_string(after));
    MemoryFileSystem files;
    TreeStand stand(files);
    ASSERT_TRUE(stand.create().ok() && stand.open().ok());
    ASSERT_TRUE(stand.put("a", "synced", Durability::synced).ok());
    ASSERT_TRUE(stand.put("b", "buffered").ok());
    // Room, the record, its sync.
    files.fail_after(2);
    ASSERT_FALSE(stand.put("c", "not synced", Durability::synced).ok());
    stand.drop();
    files.heal();

    const uint64_t before = files.operation_count();
    files.forget_unwritten_after(after);
    const Status opened = stand.open();
    forgot = files.operation_count() - before > after;
    if (!opened.ok()) {
      EXPECT_EQ(opened.error().code, Errc::io_error) << to_string(opened.error());
      EXPECT_THAT(opened.error().text, ::testing::HasSubstr("open the tree again"));
      ++refused;
      ASSERT_TRUE(stand.open().ok());
    }
    const Items found = stand.items();
    EXPECT_EQ(found.at("a"), "synced");
    stand.drop();
    files.crash();
    ASSERT_TRUE(stand.open().ok());
    EXPECT_EQ(stand.items(), found);
  }
  EXPECT_GT(refused, 0);
}

}  // namespace
}  // namespace coppice::engine
