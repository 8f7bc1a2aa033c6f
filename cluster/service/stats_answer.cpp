// What a store says of itself, as messages.
#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "cluster/service/answers.hpp"
#include "cluster/wire/convert.hpp"

namespace coppice::cluster {
namespace {

using capnp::uint;

schema::Stats::State state_of(actors::ShardStats::State state) {
  switch (state) {
    case actors::ShardStats::State::serving:
      return schema::Stats::State::SERVING;
    case actors::ShardStats::State::recovering:
      return schema::Stats::State::RECOVERING;
    case actors::ShardStats::State::failed:
      break;
  }
  return schema::Stats::State::FAILED;
}

void set_level(schema::Stats::Level::Builder message, const engine::TreeStats& tree, size_t index) {
  const engine::LevelStats& level = tree.levels[index];
  message.setBytesArrived(level.bytes_arrived);
  message.setBytesMerged(level.bytes_merged);
  message.setBytesRead(level.bytes_read);
  message.setWriteAmplification(level.write_amplification());
  message.setScore(level.score);
  message.setKeysFound(tree.reads.found_in_level[index]);
  message.setTablesAsked(tree.reads.levels[index].tables);
  message.setTablesFiltered(tree.reads.levels[index].filtered);
  message.setBlocksAsked(tree.reads.levels[index].blocks);
  message.setValuesSize(level.values_size);
}

void set_reads(schema::Stats::ReadCounts::Builder message, const engine::ReadStats& reads) {
  message.setGets(reads.gets);
  message.setManyKeys(reads.many_keys);
  message.setManyCalls(reads.many_calls);
  message.setFoundInMemtables(reads.found_in_memtables);
  message.setNotFound(reads.not_found);
  message.setScans(reads.scans);
  message.setEntriesScanned(reads.entries_scanned);
  message.setFailures(reads.failures);
  message.setBlocksRead(reads.blocks_read);
  message.setBytesRead(reads.bytes_read);
  message.setKeysSampled(reads.keys_sampled);
  message.setTablesPerKey(reads.tables_per_key());
  message.setBlocksPerKey(reads.blocks_per_key());
  message.setFilterSuccess(reads.filter_success());
}

void set_stalls(schema::Stats::Shard::Builder message, const actors::StallCounts& stalls) {
  const auto count = std::ranges::count_if(stalls, [](const auto& stall) { return stall.count > 0; });
  auto list = message.initStalls(static_cast<uint>(count));
  uint place = 0;
  uint64_t slowed_us = 0;
  for (size_t reason = 0; reason < stalls.size(); ++reason) {
    const auto& [times, us] = stalls[reason];
    if (static_cast<engine::StallReason>(reason) != engine::StallReason::held) slowed_us += us;
    if (times == 0) continue;
    auto stall = list[place++];
    stall.setReason(name_of(static_cast<engine::StallReason>(reason)));
    stall.setCount(times);
    stall.setMs(us / 1000);
  }
  message.setStalledMs(slowed_us / 1000);
}

schema::Merging merging_of(engine::Merging merging) {
  switch (merging) {
    case engine::Merging::on:
      return schema::Merging::ON;
    case engine::Merging::off:
      return schema::Merging::OFF;
    case engine::Merging::paused:
      return schema::Merging::PAUSED;
    case engine::Merging::stopped:
      break;
  }
  return schema::Merging::STOPPED;
}

void set_keys(schema::Stats::Shard::Builder message, const std::map<uint64_t, uint64_t>& files_by_key) {
  auto keys = message.initFilesByKey(static_cast<uint>(files_by_key.size()));
  uint index = 0;
  for (const auto& [key_id, files] : files_by_key) {
    keys[index].setKeyId(key_id);
    keys[index++].setFiles(files);
  }
}

void set_shard(schema::Stats::Shard::Builder message, const actors::ShardStats& shard) {
  message.setId(shard.id);
  wire::set_range(message.initRange(), shard.range);
  message.setState(state_of(shard.state));
  message.setProblem(kj::StringPtr(shard.problem.c_str()));
  message.setMemtableSize(shard.tree.memtable_size);
  message.setLogSize(shard.tree.log_size);
  auto levels = message.initLevels(static_cast<uint>(shard.tree.levels.size()));
  for (size_t i = 0; i < shard.tree.levels.size(); ++i) {
    auto level = levels[static_cast<uint>(i)];
    level.setTables(shard.tree.levels[i].tables);
    level.setSize(shard.tree.levels[i].size);
    level.setEntries(shard.tree.levels[i].entries);
    set_level(level, shard.tree, i);
  }
  message.setWrites(shard.writes);
  message.setGroups(shard.groups);
  message.setSyncs(shard.syncs);
  message.setFlushes(shard.tree.flushes);
  message.setMerges(shard.tree.merges);
  message.setSnapshots(shard.snapshots);
  message.setVisible(shard.visible.raw);
  uint64_t merged = 0;
  for (const engine::LevelStats& level : shard.tree.levels) merged += level.bytes_merged;
  message.setBytesFlushed(shard.tree.bytes_flushed);
  message.setBytesMerged(merged);
  message.setPendingMergeSize(shard.tree.pending_merge_size);
  message.setLevel0Depth(shard.tree.level0_depth);
  set_keys(message, shard.tree.files_by_key);
  message.setColdFiles(shard.tree.cold.count);
  message.setColdSize(shard.tree.cold.size);
  message.setColdFull(shard.tree.cold_full);
  message.setDebtPercent(static_cast<uint32_t>(std::min(1.0, shard.tree.debt) * 100));
  set_stalls(message, shard.stalls);
  message.setRefused(shard.refused);
  set_reads(message.initReads(), shard.tree.reads);
  message.setTablesDropped(shard.tree.tables_dropped);
  message.setBytesLogged(shard.tree.bytes_logged);
  message.setEntriesRead(shard.tree.entries_read);
  message.setEntriesWritten(shard.tree.entries_written);
  message.setSealedMemtables(shard.tree.sealed_memtables);
  message.setSstableCount(shard.tree.sstable_count());
  message.setTotalSize(shard.tree.total_size());
  message.setReadOperations(shard.tree.reads.read_operations());
  message.setWriteAmplification(shard.tree.write_amplification());
  message.setSpaceAmplification(shard.tree.space_amplification());
  message.setValueFiles(shard.tree.value_files);
  message.setValueFilesSize(shard.tree.value_files_size);
  message.setValueGarbageSize(shard.tree.value_garbage_size);
}

void set_latency(schema::Stats::Latency::Builder message, const char* name, const engine::Histogram& times) {
  message.setName(name);
  message.setCount(times.count());
  message.setMean(times.mean());
  message.setP50(times.percentile(50));
  message.setP90(times.percentile(90));
  message.setP99(times.percentile(99));
  message.setP999(times.percentile(99.9));
  message.setMax(times.max());
}

void set_latencies(schema::Stats::Builder message, const actors::StoreLatencies& latencies) {
  const std::array<std::pair<const char*, const engine::Histogram*>, 7> all{
      {{"get", &latencies.get},
       {"get_many", &latencies.get_many},
       {"page", &latencies.page},
       {"write", &latencies.write},
       {"sync", &latencies.sync},
       {"flush", &latencies.flush},
       {"merge", &latencies.merge}}};
  auto list = message.initLatencies(static_cast<uint>(all.size()));
  for (size_t i = 0; i < all.size(); ++i)
    set_latency(list[static_cast<uint>(i)], all[i].first, *all[i].second);
}

void set_event(schema::Event::Builder message, const actors::StoreEvent& event) {
  message.setSequence(event.sequence);
  message.setAtMs(event.at_ms);
  message.setKind(name_of(event.event.kind));
  message.setShard(event.event.tree);
  message.setSourceLevel(event.event.source_level);
  message.setTargetLevel(event.event.target_level);
  message.setTables(event.event.tables);
  message.setTablesWritten(event.event.tables_written);
  message.setBytesRead(event.event.bytes_read);
  message.setBytesWritten(event.event.bytes_written);
  message.setTookUs(event.event.took_us);
  message.setReason(kj::StringPtr(reason_of(event.event)));
  if (!event.event.outcome.ok())
    message.setProblem(kj::StringPtr(to_string(event.event.outcome.error()).c_str()));
  message.setLeft(event.event.halves[0]);
  message.setRight(event.event.halves[1]);
  message.setTrouble(is_trouble(event.event));
}

}  // namespace

void set_stats(schema::Stats::Builder message, const actors::StoreStats& stats) {
  auto shards = message.initShards(static_cast<uint>(stats.shards.size()));
  for (size_t i = 0; i < stats.shards.size(); ++i) set_shard(shards[static_cast<uint>(i)], stats.shards[i]);
  message.setCacheSize(stats.cache_size);
  message.setCacheSizeMax(stats.memory);
  message.setMemtablesSize(stats.memtables_size);
  message.setFiltersSize(stats.filters_size);
  message.setIndexSize(stats.index_size);
  message.setCacheHits(stats.cache_hits);
  message.setCacheMisses(stats.cache_misses);
  message.setMerging(merging_of(stats.merging));
  auto merges = message.initMerges(static_cast<uint>(stats.merges.size()));
  for (size_t i = 0; i < stats.merges.size(); ++i) set_merge(merges[static_cast<uint>(i)], *stats.merges[i]);
  set_latencies(message, *stats.latencies);
  message.setSstableCount(stats.sstable_count());
  message.setTotalSize(stats.total_size());
  message.setReadOperations(stats.read_operations());
  message.setHistoryFrom(stats.history_from.value_or(kTimestampMin).raw);
}

void set_events(schema::Admin::EventsResults::Builder message, const actors::EventPage& page) {
  auto events = message.initEvents(static_cast<uint>(page.events.size()));
  for (size_t i = 0; i < page.events.size(); ++i) set_event(events[static_cast<uint>(i)], page.events[i]);
  message.setLost(page.lost);
  message.setNext(page.next);
}

}  // namespace coppice::cluster
