// What a node says of itself, as the client's words.
#include "cluster/client/messages.hpp"
#include "cluster/wire/convert.hpp"

namespace coppice::client {
namespace {

std::string text(capnp::Text::Reader message) { return {message.cStr(), message.size()}; }

LevelStats read_level(schema::Stats::Level::Reader message) {
  return {.tables = message.getTables(),
          .size = message.getSize(),
          .entries = message.getEntries(),
          .bytes_arrived = message.getBytesArrived(),
          .bytes_merged = message.getBytesMerged(),
          .bytes_read = message.getBytesRead(),
          .write_amplification = message.getWriteAmplification(),
          .score = message.getScore(),
          .keys_found = message.getKeysFound(),
          .tables_asked = message.getTablesAsked(),
          .tables_filtered = message.getTablesFiltered(),
          .blocks_asked = message.getBlocksAsked(),
          .values_size = message.getValuesSize()};
}

ShardStats::State read_state(schema::Stats::State message) {
  switch (message) {
    case schema::Stats::State::SERVING:
      return ShardStats::State::serving;
    case schema::Stats::State::RECOVERING:
      return ShardStats::State::recovering;
    case schema::Stats::State::FAILED:
      break;
  }
  return ShardStats::State::failed;
}

Merging read_merging(schema::Merging message) {
  switch (message) {
    case schema::Merging::ON:
      return Merging::on;
    case schema::Merging::OFF:
      return Merging::off;
    case schema::Merging::PAUSED:
      return Merging::paused;
    case schema::Merging::STOPPED:
      break;
  }
  return Merging::stopped;
}

ReadStats read_reads(schema::Stats::ReadCounts::Reader message) {
  return {.gets = message.getGets(),
          .many_keys = message.getManyKeys(),
          .many_calls = message.getManyCalls(),
          .found_in_memtables = message.getFoundInMemtables(),
          .not_found = message.getNotFound(),
          .scans = message.getScans(),
          .entries_scanned = message.getEntriesScanned(),
          .failures = message.getFailures(),
          .blocks_read = message.getBlocksRead(),
          .bytes_read = message.getBytesRead(),
          .keys_sampled = message.getKeysSampled(),
          .tables_per_key = message.getTablesPerKey(),
          .blocks_per_key = message.getBlocksPerKey(),
          .filter_success = message.getFilterSuccess()};
}

LatencyStats read_latency(schema::Stats::Latency::Reader message) {
  return {.name = text(message.getName()),
          .count = message.getCount(),
          .mean = message.getMean(),
          .p50 = message.getP50(),
          .p90 = message.getP90(),
          .p99 = message.getP99(),
          .p999 = message.getP999(),
          .max = message.getMax()};
}

Event read_event(schema::Event::Reader message) {
  return {.sequence = message.getSequence(),
          .at_ms = message.getAtMs(),
          .kind = text(message.getKind()),
          .shard = message.getShard(),
          .source_level = message.getSourceLevel(),
          .target_level = message.getTargetLevel(),
          .tables = message.getTables(),
          .tables_written = message.getTablesWritten(),
          .bytes_read = message.getBytesRead(),
          .bytes_written = message.getBytesWritten(),
          .took_us = message.getTookUs(),
          .reason = text(message.getReason()),
          .problem = text(message.getProblem()),
          .left = message.getLeft(),
          .right = message.getRight(),
          .trouble = message.getTrouble()};
}

ShardStats read_shard(schema::Stats::Shard::Reader message) {
  ShardStats shard;
  shard.id = message.getId();
  shard.range = wire::read_range(message.getRange());
  shard.state = read_state(message.getState());
  shard.problem = text(message.getProblem());
  shard.memtable_size = message.getMemtableSize();
  shard.log_size = message.getLogSize();
  for (auto level : message.getLevels()) shard.levels.push_back(read_level(level));
  shard.writes = message.getWrites();
  shard.groups = message.getGroups();
  shard.syncs = message.getSyncs();
  shard.flushes = message.getFlushes();
  shard.merges = message.getMerges();
  shard.snapshots = message.getSnapshots();
  shard.visible = Timestamp{message.getVisible()};
  shard.bytes_flushed = message.getBytesFlushed();
  shard.bytes_merged = message.getBytesMerged();
  shard.pending_merge_size = message.getPendingMergeSize();
  shard.level0_depth = message.getLevel0Depth();
  shard.cold_files = message.getColdFiles();
  shard.cold_size = message.getColdSize();
  shard.cold_full = message.getColdFull();
  for (auto key : message.getFilesByKey()) shard.files_by_key[key.getKeyId()] = key.getFiles();
  shard.debt_percent = message.getDebtPercent();
  shard.stalled_ms = message.getStalledMs();
  shard.refused = message.getRefused();
  for (auto stall : message.getStalls())
    shard.stalls.push_back({text(stall.getReason()), stall.getCount(), stall.getMs()});
  shard.reads = read_reads(message.getReads());
  shard.tables_dropped = message.getTablesDropped();
  shard.bytes_logged = message.getBytesLogged();
  shard.entries_read = message.getEntriesRead();
  shard.entries_written = message.getEntriesWritten();
  shard.sealed_memtables = message.getSealedMemtables();
  shard.sstable_count = message.getSstableCount();
  shard.total_size = message.getTotalSize();
  shard.read_operations = message.getReadOperations();
  shard.write_amplification = message.getWriteAmplification();
  shard.space_amplification = message.getSpaceAmplification();
  shard.value_files = message.getValueFiles();
  shard.value_files_size = message.getValueFilesSize();
  shard.value_garbage_size = message.getValueGarbageSize();
  return shard;
}

}  // namespace

Stats read_stats(schema::Stats::Reader message) {
  Stats stats;
  stats.version = text(message.getVersion());
  stats.uptime_ms = message.getUptimeMs();
  for (auto shard : message.getShards()) stats.shards.push_back(read_shard(shard));
  stats.cache_size = message.getCacheSize();
  stats.memory = message.getCacheSizeMax();
  stats.memtables_size = message.getMemtablesSize();
  stats.filters_size = message.getFiltersSize();
  stats.index_size = message.getIndexSize();
  stats.cache_hits = message.getCacheHits();
  stats.cache_misses = message.getCacheMisses();
  stats.connections = message.getConnections();
  stats.merging = read_merging(message.getMerging());
  for (auto merge : message.getMerges()) stats.merges.push_back(read_merge(merge));
  for (auto latency : message.getLatencies()) stats.latencies.push_back(read_latency(latency));
  stats.sstable_count = message.getSstableCount();
  stats.total_size = message.getTotalSize();
  stats.read_operations = message.getReadOperations();
  if (message.getHistoryFrom() != 0) stats.history_from = Timestamp{message.getHistoryFrom()};
  return stats;
}

Events read_events(schema::Admin::EventsResults::Reader message) {
  Events events{.events = {}, .lost = message.getLost(), .next = message.getNext()};
  for (auto event : message.getEvents()) events.events.push_back(read_event(event));
  return events;
}

}  // namespace coppice::client
