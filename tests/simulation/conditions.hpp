// What must have happened for a run to have proved something.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace coppice::simulation {

enum class Condition : uint8_t {
  merge,
  merge_cancelled,
  merge_while_splitting,
  split,
  split_failed,
  /// A scan, or a read at a snapshot, was answered while a shard was being cut.
  snapshot_read_while_splitting,
  scan_over_a_split,
  power_loss,
  power_loss_while_splitting,
  /// When the file that lists a tree's tables was written anew, or the one that lists the shards.
  power_loss_in_manifest_switch,
  power_loss_in_map_switch,
  power_loss_in_recovery,
  /// A batch over several shards was in the logs of some of them.
  power_loss_with_half_a_batch,
  process_killed,
  closed_with_calls_under_way,
  shard_restarted,
  shard_restarted_after_failed_sync,
  /// A batch over several shards, as one of them failed.
  batch_of_unknown_outcome,
  /// Of a batch that is under way.
  life_ended_behind_a_read,
  /// Because too much waits.
  write_refused,
  write_stalled,
  disk_was_full,
  /// A write that went on for more than a second.
  slow_write,
  exchange_refused,
  clock_set_back,
  /// It may have been applied, or not; and once.
  operand_of_unknown_outcome,
  /// A key that operands are applied to was read at a snapshot, and later again.
  snapshot_of_operands_read_again,
  expired_between_reads,
  /// A merge of a range was asked for while merging was paused; and ended by who had asked.
  merge_asked_while_paused,
  merge_cancelled_while_paused,
  checkpoint,
  /// A merge ended while one was under way.
  merge_while_checkpointing,
  power_loss_in_checkpoint,
  checkpoint_left_unfinished,
  ingest,
  ingest_failed,
  ingest_while_splitting,
  power_loss_in_ingest,
  /// A key was found at a snapshot that has expired since.
  expired_seen_at_snapshot,
};
inline constexpr size_t kConditionCount = 39;

/// "merge while splitting".
std::string name_of(Condition condition);

class Conditions {
public:
  void met(Condition condition) { ++counts_[static_cast<size_t>(condition)]; }
  uint64_t count(Condition condition) const { return counts_[static_cast<size_t>(condition)]; }
  /// What was not tried: those that were never met.
  std::vector<std::string> missing() const;
  void add(const Conditions& other) {
    for (size_t i = 0; i < kConditionCount; ++i) counts_[i] += other.counts_[i];
  }

private:
  std::array<uint64_t, kConditionCount> counts_{};
};

}  // namespace coppice::simulation
