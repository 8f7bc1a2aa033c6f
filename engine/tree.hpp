// One LSM tree in one directory: the façade of the engine.
#pragma once

#include "engine/storage.hpp"

namespace coppice::engine {

struct ReadState;
struct TreeState;

/// The contract is Storage's.
class Tree final : public Storage {
public:
  /// See StorageEngine. Requires, of open: no job of an earlier Tree of this directory is still running, as both would write
  /// files of the same number.
  static Status create(const TreeEnv& env, const std::string& directory, const KeyRange& range);
  static Result<std::unique_ptr<Tree>> open(const TreeEnv& env, const std::string& directory,
                                            const TreeShape& options);
  static Status check_keys(const TreeEnv& env, const std::string& directory);
  static Result<ColdFiles> cold_files(const TreeEnv& env, const std::string& directory);

  ~Tree() override;
  Status close() override;

  const KeyRange& range() const override;
  std::shared_ptr<TreeReader> reader() const override;
  /// What the reader reads from, for whoever takes its steps one by one.
  std::shared_ptr<const ReadState> read_state() const;
  Timestamp last_commit() const override;
  bool broken() const override;

  Status log_group(std::span<const GroupWrite> group) override;
  Status make_room(size_t size) override;
  LogSync plan_sync() override;
  Status run_sync(LogSync sync) const override;
  Status install_sync(const Status& outcome) override;
  void apply_group(std::span<const GroupWrite> group) override;
  void advance(Timestamp moment) override;

  std::vector<RecoveredSpanning> spanning() const override;
  void settle(Timestamp commit) override;

  bool memtable_full() const override;
  bool deletes_tables() const override;
  bool frees_with_time() const override;
  Timestamp history_from() const override;
  Status seal_memtable() override;
  std::optional<Job> plan_flush(std::span<const Timestamp> snapshots) override;
  using Storage::plan_merge;
  std::optional<Job> plan_merge(std::span<const Timestamp> snapshots, MergeNeed need) override;
  using Storage::plan_merge_range;
  std::optional<Job> plan_merge_range(const KeyRange& range, std::span<const Timestamp> snapshots,
                                      Timestamp through) override;
  using Storage::range_backlog;
  RangeBacklog range_backlog(const KeyRange& range, Timestamp through) const override;
  void set_merging(Merging merging) override;
  Merging merging() const override;
  Status install(Job job) override;
  bool memtables_empty() const override;

  bool must_flush(const KeyRange& range) const override;
  Result<std::unique_ptr<Ingest>> prepare_ingest(std::span<const OutsideTable> tables) override;
  Status install_ingest(std::unique_ptr<Ingest> ingest, Timestamp commit) override;

  /// By links, on either disk.
  Status split(ByteView key, const SplitHalf& left, const SplitHalf& right) override;
  /// By links; by copies on another file system. What is cold lies in `target` with the rest.
  Status checkpoint(const std::string& target) override;
  Status clean_logs() override;
  void let_go_unread() override;

  double debt() const override;
  double merge_debt() const override;
  std::string backlog_text() const override;
  double write_rate() const override;
  StallReason stall_reason() const override;
  TreeStats stats() const override;
  const Watch& watch() const override;

private:
  explicit Tree(std::unique_ptr<TreeState> state);

  std::unique_ptr<TreeState> state_;
};

/// The engine whose trees these are.
class TreeEngine final : public StorageEngine {
public:
  Status create(const TreeEnv& env, const std::string& directory, const KeyRange& range) const override;
  Result<std::unique_ptr<Storage>> open(const TreeEnv& env, const std::string& directory,
                                        const TreeShape& options) const override;
  Status check_keys(const TreeEnv& env, const std::string& directory) const override;
  Result<ColdFiles> cold_files(const TreeEnv& env, const std::string& directory) const override;
  Status remove(const TreeEnv& env, const std::string& directory) const override;
};

}  // namespace coppice::engine
