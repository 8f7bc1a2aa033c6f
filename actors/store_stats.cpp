#include "actors/store_stats.hpp"

namespace coppice::actors {
namespace {

std::shared_ptr<const StoreLatencies> latencies_of(const Core& core) {
  const engine::Latencies& trees = core.latencies;
  return std::make_shared<const StoreLatencies>(StoreLatencies{.get = trees.get.load(),
                                                               .get_many = trees.get_many.load(),
                                                               .page = core.pages.load(),
                                                               .write = core.writes.load(),
                                                               .sync = trees.sync.load(),
                                                               .flush = trees.flush.load(),
                                                               .merge = trees.merge.load()});
}

// What is inside the retention time may have been merged away, before there was one.
std::optional<Timestamp> history_from(const Core& core, const std::vector<ShardStats>& shards) {
  std::optional<Timestamp> from = core.retained_from();
  if (from)
    for (const ShardStats& shard : shards) from = std::max(*from, shard.history_from);
  return from;
}

}  // namespace

StoreStats stats_of(const Core& core, std::vector<ShardStats> shards) {
  const engine::BlockCacheStats cache = core.cache.stats();
  StoreStats stats;
  stats.shards = std::move(shards);
  stats.latencies = latencies_of(core);
  stats.memory = cache.budget;
  stats.memtables_size = cache.memtables;
  stats.filters_size = cache.filters;
  stats.index_size = cache.reserved - cache.filters;
  stats.cache_size = cache.size - cache.memtables - cache.reserved;
  stats.cache_hits = cache.hits;
  stats.cache_misses = cache.misses;
  stats.merging = core.merging;
  stats.history_from = history_from(core, stats.shards);
  return stats;
}

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
