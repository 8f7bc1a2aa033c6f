// A tree and a std::map that are told the same: after each step, both say the same.
#pragma once

#include "engine/in_memory/memory_engine.hpp"
#include "tests/support/choices.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/tree_stand.hpp"

namespace coppice::engine {

using Items = TreeStand::Items;

/// What was put, and when it expires.
struct Held {
  std::optional<Bytes> value;
  uint64_t expiry_ms = UINT64_MAX;
  /// What was done to it since, or to nothing from its expiry on.
  std::vector<Bytes> steps = {};

  std::optional<Bytes> at(uint64_t ms) const {
    std::optional<Bytes> found = expiry_ms > ms ? value : std::nullopt;
    for (const Bytes& step : steps) EXPECT_TRUE(do_steps(step, found));
    return found;
  }
};
using Holdings = std::map<Bytes, Held>;

/// What a reader finds at a moment.
struct Moment {
  /// Nothing: now.
  std::optional<Timestamp> at;
  const Holdings& held;
  uint64_t ms;

  std::optional<Bytes> find(const Bytes& key) const {
    const auto found = held.find(key);
    return found == held.end() ? std::nullopt : found->second.at(ms);
  }
  Items items(const KeyRange& range = {}) const {
    Items alive;
    const auto end = range.end ? held.lower_bound(*range.end) : held.end();
    for (auto each = held.lower_bound(range.begin); each != end; ++each)
      if (auto value = each->second.at(ms)) alive.emplace(each->first, *std::move(value));
    return alive;
  }
};

/// What differs fails the test that is running.
class TreeModel {
public:
  TreeModel(FileSystem& files, const std::string& directory, Choices random, size_t value_threshold = 0,
            uint64_t retention_ms = 0, const MemoryEngine* in_memory = nullptr,
            const std::string& cold_directory = {});

  void step();
  /// Flushes and merges something, which steps seldom do: for models of few steps.
  void work();
  /// Of a model that is driven by bytes: there are none left.
  bool ended() const { return random_.ended(); }

  /// The deepest level that was ever used.
  uint32_t deepest() const { return deepest_; }
  /// How often some keys of a memtable were merged past level 0.
  uint32_t flush_steps() const { return flush_steps_; }

  /// How many values lie apart from their keys.
  uint64_t values_apart();

  /// How many flushes and merges were stopped.
  uint32_t stopped() const { return stopped_; }

  uint64_t tables_dropped() const { return tables_dropped_ + stand_.tree->stats().tables_dropped; }

  /// The most files that lay in the cold directory at one time.
  uint64_t cold_files() const { return cold_files_; }
  /// All of them come back.
  void bring_back();

  /// How often something had expired when it was asked for, and a moment of history was read.
  uint64_t expired() const { return expired_; }
  uint64_t histories() const { return histories_; }

  void compare_all();

private:
  Moment now() const { return {std::nullopt, now_, clock_.now()}; }
  void compare(const Moment& moment) {
    EXPECT_EQ(stand_.items(moment.at), moment.items()) << (moment.at ? moment.at->raw : 0);
  }
  void ok(const Status& status) { ASSERT_TRUE(status.ok()) << to_string(status.error()); }

  Bytes random_key();
  Bytes random_value();
  Durability durability() { return random_.one_in(100) ? Durability::synced : Durability::buffered; }

  void write(const Batch& batch);

  void add_random(Batch& batch);

  void add_put(Batch& batch);

  void put() {
    Batch batch;
    add_put(batch);
    write(batch);
  }
  /// Of few keys, so that many meet, some of them numbers and some not.
  void add_merge(Batch& batch);
  void merge() {
    Batch batch;
    add_merge(batch);
    write(batch);
  }
  void remove() {
    Batch batch;
    ok(batch.remove(random_key()));
    write(batch);
  }
  /// Every key of a stretch, each by itself: dead ranges come of that, and what is put there later falls into them.
  void remove_run();
  void delete_range();
  void write_batch();

  /// Now, or a snapshot.
  Moment random_moment();

  void get();

  void get_many();

  /// Moves a cursor over a random range, forward and back.
  void walk();

  void take_snapshot();
  /// A moment that nobody holds.
  void note_history();
  /// What an owner does with a tree that is left alone.
  void idle();
  void release_snapshot() {
    if (then_.empty()) return;
    then_.erase(std::next(then_.begin(), static_cast<std::ptrdiff_t>(random_.below(then_.size()))));
    list_snapshots();
  }
  void list_snapshots() {
    stand_.snapshots.clear();
    for (const auto& [at, items] : then_) stand_.snapshots.push_back(at);
  }

  /// Jobs run and are installed many steps after they were planned.
  void plan();
  void finish();
  /// Nothing comes of it, whether it had begun or not.
  void stop(Job job);
  void set_merging();
  void compact();

  /// Another key each time, or none; all files can be read with any of these.
  void choose_keys();
  /// Another rule each time.
  void choose_cold_rule();
  void open();
  /// Every file, while the tree is not open.
  void verify();
  void crash();
  void reopen();

  static constexpr uint64_t kTtlMax = 3000;

  Choices random_;
  FakeClock clock_;
  TreeStand stand_;
  const bool encrypts_;
  Holdings now_;
  std::map<Timestamp, Holdings> then_;
  /// Moments that were never held, as long as the tree says that they can be read.
  std::map<Timestamp, Holdings> history_;
  uint64_t expired_ = 0;
  uint64_t histories_ = 0;
  std::vector<Job> jobs_;
  uint32_t deepest_ = 0;
  // Operands are written: at times only, as memtables with some are not flushed in steps.
  bool merging_ = false;
  // By trees before the present one.
  uint64_t tables_dropped_ = 0;
  uint32_t flush_steps_ = 0;
  uint32_t stopped_ = 0;
  uint64_t cold_files_ = 0;
};

}  // namespace coppice::engine
