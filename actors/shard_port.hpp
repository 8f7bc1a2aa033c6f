// What the rest of the process holds of one shard: where to read, and where to push a write.
#pragma once

#include <memory>

#include "actors/shard_queue.hpp"
#include "engine/tree_reader.hpp"

namespace coppice::actors {

/// Frozen but for the queue. One for each life of a shard: one that restarts gets another.
/// Threads: any.
struct ShardPort {
  ShardPort(uint64_t shard, KeyRange keys, std::shared_ptr<engine::TreeReader> tree_reader,
            const ShardQueue::Limits& limits, std::function<void()> wake)
      : id(shard), range(std::move(keys)), reader(std::move(tree_reader)), queue(limits, std::move(wake)) {}

  /// What a writer is told whom the queue turned away.
  Error queue_full() const {
    constexpr uint32_t kRetryAfterMs = 50;
    return {Errc::unavailable,
            "shard " + std::to_string(id) + ": its queue is full (" + std::to_string(queue.operations()) +
                " operations, " + std::to_string(queue.size()) + " bytes wait): wait and try again",
            kRetryAfterMs};
  }

  const uint64_t id;
  const KeyRange range;
  const std::shared_ptr<engine::TreeReader> reader;
  ShardQueue queue;
};

}  // namespace coppice::actors
