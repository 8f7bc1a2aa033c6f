// One tree of a MemoryEngine: memtables, and nothing below them.
#pragma once

#include <memory>

#include "engine/base/random.hpp"
#include "engine/in_memory/memory_trees.hpp"
#include "engine/read_state.hpp"
#include "engine/storage.hpp"

namespace coppice::engine {

/// Writes go into the active memtable. Once that holds half of what was settled before, it is sealed; a flush makes one memtable
/// of all that is sealed and settled, without what nobody can ask for any more. So every byte is copied
/// three times at most, on the average, however much there is.
///
/// All of it counts in the cache's budget as memtables do. Once memtables of all trees take what they may, groups are refused that do
/// more than delete, and what is deleted then is let go of at once. They may take half of the memory, if nothing else was said, as
/// going through them takes as much again.
class MemoryStorage final : public Storage {
public:
  MemoryStorage(const TreeEnv& env, const TreeShape& options, std::shared_ptr<MemoryTrees> trees,
                std::shared_ptr<MemoryTree> tree);
  ~MemoryStorage() override;

  Status close() override;
  const KeyRange& range() const override { return tree_->range; }
  std::shared_ptr<TreeReader> reader() const override;
  Timestamp last_commit() const override { return tree_->last_commit; }

  Status log_group(std::span<const GroupWrite> group) override;
  void apply_group(std::span<const GroupWrite> group) override;
  void advance(Timestamp moment) override;

  std::vector<RecoveredSpanning> spanning() const override { return tree_->spanning; }
  void settle(Timestamp commit) override;

  bool memtable_full() const override;
  Timestamp history_from() const override { return tree_->history_from; }
  Status seal_memtable() override;
  std::optional<Job> plan_flush(std::span<const Timestamp> snapshots) override;
  void set_merging(Merging merging) override { merging_ = merging; }
  Merging merging() const override { return merging_; }
  Status install(Job job) override;
  bool memtables_empty() const override;
  /// Reads the tables into memory.
  Result<std::unique_ptr<Ingest>> prepare_ingest(std::span<const OutsideTable> tables) override;
  Status install_ingest(std::unique_ptr<Ingest> ingest, Timestamp commit) override;
  Status split(ByteView key, const SplitHalf& left, const SplitHalf& right) override;
  Status checkpoint(const std::string& target) override;

  double debt() const override;
  double write_rate() const override;
  StallReason stall_reason() const override;
  TreeStats stats() const override;
  const Watch& watch() const override { return env_.watch; }

private:
  Status check_usable() const;
  Status check_room(std::span<const GroupWrite> group) const;
  bool is_crowded() const;
  size_t size() const;
  void count();
  /// Of what is sealed and settled, for another directory.
  Status copy_to(const std::string& directory, const KeyRange& range) const;
  std::shared_ptr<Memtable> make_memtable();
  void publish();
  Timestamp visible() const;
  uint64_t now_ms() const;

  const TreeEnv env_;
  const TreeShape options_;
  const std::shared_ptr<MemoryTrees> trees_;
  const std::shared_ptr<MemoryTree> tree_;
  const std::shared_ptr<ReadState> readers_;
  Random random_;
  /// Of the sealed memtables, the oldest: those that a flush under way takes.
  size_t flushing_count_ = 0;
  Merging merging_ = Merging::on;
  bool closed_ = false;
  uint64_t flushes_ = 0;
  /// Bytes of the budget.
  size_t counted_ = 0;
  /// The active memtable has deletes that would make room.
  bool makes_room_ = false;
};

}  // namespace coppice::engine
