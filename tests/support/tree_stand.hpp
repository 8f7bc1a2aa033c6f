// A tree to test, with what it stands on, and verbs that read like a script.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/base/clock.hpp"
#include "engine/table/block_cache.hpp"
#include "engine/tree.hpp"

namespace coppice::engine {

/// Owns a tree in one directory of a file system that outlives it.
class TreeStand {
public:
  explicit TreeStand(FileSystem& files, std::string directory = "/tree", const KeyRange& range = {})
      : files_(files), directory_(std::move(directory)), range_(range) {
    // Small, so that a test reaches what a user reaches with gigabytes.
    options.memtable_size = 64 << 10;
    options.table_size = 64 << 10;
    options.block_size = 1 << 10;
    options.level_ratio = 4;
  }

  Status create() { return engine->create(env(), directory_, range_); }
  /// With a cold cache. Requires: no cursor and no job of the tree before it is left.
  Status open() {
    tree.reset();
    reader.reset();
    cache_ = std::make_unique<BlockCache>(budget());
    auto opened = engine->open(env(), directory_, options);
    if (!opened.ok()) return opened.error();
    tree = *std::move(opened);
    reader = tree->reader();
    clock = std::max(clock, tree->last_commit().raw);
    return success();
  }
  /// As a crash would: whatever is in memory is gone.
  void drop() { tree.reset(); }

  /// The next moment; of this millisecond or a later one, where there is a clock.
  Timestamp tick() {
    if (wall != nullptr) clock = std::max(clock, first_of_millisecond(wall->milliseconds()).raw);
    return Timestamp{++clock};
  }

  Status write(const Batch& batch, Durability durability = Durability::buffered) {
    return tree->write(batch, tick(), durability);
  }
  Status put(ByteView key, ByteView value, Durability durability = Durability::buffered) {
    Batch batch;
    COPPICE_TRY(batch.put(key, value));
    return write(batch, durability);
  }
  /// Expires at `expiry_ms`.
  Status put_until(ByteView key, ByteView value, uint64_t expiry_ms) {
    Batch batch;
    COPPICE_TRY(batch.put_until(key, value, expiry_ms));
    return write(batch);
  }
  Status remove(ByteView key) {
    Batch batch;
    COPPICE_TRY(batch.remove(key));
    return write(batch);
  }
  Status delete_range(ByteView begin, ByteView end) {
    Batch batch;
    COPPICE_TRY(batch.delete_range(begin, end));
    return write(batch);
  }

  /// The value, "(none)", or the error.
  Bytes get(ByteView key, std::optional<Timestamp> at = {}) const {
    auto found = reader->get(key, {.at = at, .cached_only = false});
    if (!found.ok()) return to_string(found.error());
    return found->value_or("(none)");
  }
  using Items = std::map<Bytes, Bytes>;
  Result<Items> scan(std::optional<Timestamp> at = {}, const KeyRange& range = {}) const {
    COPPICE_TRY_ASSIGN(cursor, reader->cursor(range, {.at = at, .cached_only = false}));
    Items items;
    for (const Item* item = cursor->seek(""); item != nullptr; item = cursor->next())
      items.emplace(item->key, item->value);
    COPPICE_TRY(cursor->status());
    return items;
  }
  Items items(std::optional<Timestamp> at = {}) const {
    auto scanned = scan(at);
    EXPECT_TRUE(scanned.ok()) << to_string(scanned.error());
    return scanned.ok() ? *scanned : Items();
  }

  /// Runs what was planned, and installs it. Success if nothing was.
  Status finish(std::optional<Job> job) {
    if (!job) return success();
    job->run(never_);
    return tree->install(*std::move(job));
  }
  Status flush() {
    COPPICE_TRY(tree->seal_memtable());
    while (!tree->memtables_empty()) COPPICE_TRY(finish(tree->plan_flush(snapshots)));
    return success();
  }
  /// Whatever a compactor would do until nothing is left to do.
  Status catch_up() {
    if (tree->memtable_full()) COPPICE_TRY(tree->seal_memtable());
    while (auto job = tree->plan_flush(snapshots)) COPPICE_TRY(finish(std::move(job)));
    while (auto job = tree->plan_merge(snapshots)) COPPICE_TRY(finish(std::move(job)));
    return success();
  }
  /// Whatever an owner does with a tree that is left alone.
  Status idle() {
    COPPICE_TRY(flush());
    while (auto job = tree->plan_merge(snapshots, MergeNeed::idle)) COPPICE_TRY(finish(std::move(job)));
    return success();
  }
  Status compact(const KeyRange& range = {}) {
    COPPICE_TRY(flush());
    while (auto job = tree->plan_merge_range(range, snapshots)) COPPICE_TRY(finish(std::move(job)));
    return success();
  }

  TreeEnv env() {
    return {.files = files_,
            .cache = *cache_,
            .seed = seed,
            .clock = wall,
            .watch = watch,
            .keys = keys,
            .cold_directory = cold_directory};
  }
  const std::string& directory() const { return directory_; }
  std::string path(const std::string& name) const { return directory_ + "/" + name; }

private:
  static constexpr size_t kCacheSizeUsual = 4 << 20;
  /// Far more than a test fills.
  static constexpr size_t kMemtablesMax = 256 << 20;

  /// What memtables take is no matter of the cache, unless a test is about that.
  MemoryBudget budget() const {
    return {.size = cache_size + kMemtablesMax, .memtables_max = kMemtablesMax, .tables_max = cache_size};
  }

  FileSystem& files_;
  std::unique_ptr<BlockCache> cache_ = std::make_unique<BlockCache>(
      MemoryBudget{kCacheSizeUsual + kMemtablesMax, kMemtablesMax, kCacheSizeUsual});
  std::string directory_;
  KeyRange range_;
  const std::atomic<bool> never_{false};
  const TreeEngine trees_;

public:
  // Behind the cache, which outlives them.
  TreeShape options;
  /// Of the next open().
  size_t cache_size = kCacheSizeUsual;
  /// Of the next create() and open(). Lifetime: outlives this.
  const StorageEngine* engine = &trees_;
  std::unique_ptr<Storage> tree;
  std::shared_ptr<TreeReader> reader;
  std::vector<Timestamp> snapshots;
  uint64_t clock = 0;
  uint64_t seed = 1;
  /// Of the next open().
  Watch watch = {};
  /// Of the next create() and open().
  KeyRing keys = {};
  /// The same. Lifetime: the tree's.
  const Clock* wall = nullptr;
  /// Of the next open().
  std::string cold_directory;
};

}  // namespace coppice::engine
