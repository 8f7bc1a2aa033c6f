// Sums over the shards of a store.
#include "actors/store.hpp"

namespace coppice::actors {

uint64_t StoreStats::sstable_count() const {
  uint64_t count = 0;
  for (const ShardStats& shard : shards) count += shard.tree.sstable_count();
  return count;
}

uint64_t StoreStats::total_size() const {
  uint64_t size = 0;
  for (const ShardStats& shard : shards) size += shard.tree.total_size();
  return size;
}

engine::ReadStats StoreStats::reads() const {
  engine::ReadStats reads;
  for (const ShardStats& shard : shards) reads.add(shard.tree.reads);
  return reads;
}

}  // namespace coppice::actors
