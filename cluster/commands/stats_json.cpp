#include "cluster/commands/stats_text.hpp"
#include "cluster/text/encoding.hpp"
#include "cluster/text/json.hpp"

namespace coppice::cluster {
namespace {

void write_reads(JsonWriter& json, const client::ReadStats& reads) {
  json.begin_object().key("gets").number(reads.gets).key("manyKeys").number(reads.many_keys);
  json.key("manyCalls").number(reads.many_calls).key("foundInMemtables").number(reads.found_in_memtables);
  json.key("notFound").number(reads.not_found).key("scans").number(reads.scans);
  json.key("entriesScanned").number(reads.entries_scanned).key("failures").number(reads.failures);
  json.key("blocksRead").number(reads.blocks_read).key("bytesRead").number(reads.bytes_read);
  json.key("keysSampled").number(reads.keys_sampled).key("tablesPerKey").number(reads.tables_per_key);
  json.key("blocksPerKey").number(reads.blocks_per_key);
  json.key("filterSuccess").number(reads.filter_success).end();
}

void write_shard(JsonWriter& json, const client::ShardStats& shard) {
  json.begin_object().key("id").number(shard.id).key("state").string(name_of(shard.state));
  json.key("from").string(encode(shard.range.begin, Encoding::escaped));
  if (shard.range.end) json.key("before").string(encode(*shard.range.end, Encoding::escaped));
  if (!shard.problem.empty()) json.key("problem").string(encode(shard.problem, Encoding::escaped));
  json.key("memtableSize").number(shard.memtable_size).key("logSize").number(shard.log_size);
  json.key("levels").begin_array();
  for (const client::LevelStats& level : shard.levels) {
    json.begin_object().key("tables").number(uint64_t{level.tables});
    json.key("size").number(level.size).key("valuesSize").number(level.values_size);
    json.key("entries").number(level.entries);
    json.key("bytesArrived").number(level.bytes_arrived).key("bytesMerged").number(level.bytes_merged);
    json.key("bytesRead").number(level.bytes_read).key("score").number(level.score);
    json.key("writeAmplification").number(level.write_amplification);
    json.key("keysFound").number(level.keys_found).key("tablesAsked").number(level.tables_asked);
    json.key("tablesFiltered").number(level.tables_filtered);
    json.key("blocksAsked").number(level.blocks_asked).end();
  }
  json.end();
  json.key("stalls").begin_object();
  for (const client::StallStats& stall : shard.stalls)
    json.key(stall.reason).begin_object().key("count").number(stall.count).key("ms").number(stall.ms).end();
  json.end();
  write_reads(json.key("reads"), shard.reads);
  json.key("refused").number(shard.refused).key("tablesDropped").number(shard.tables_dropped);
  json.key("bytesLogged").number(shard.bytes_logged).key("entriesRead").number(shard.entries_read);
  json.key("entriesWritten").number(shard.entries_written);
  json.key("sealedMemtables").number(uint64_t{shard.sealed_memtables});
  json.key("sstable_count").number(shard.sstable_count).key("total_size").number(shard.total_size);
  json.key("read_operations").number(shard.read_operations);
  json.key("valueFiles").number(shard.value_files).key("valueFilesSize").number(shard.value_files_size);
  json.key("valueGarbageSize").number(shard.value_garbage_size);
  json.key("writeAmplification").number(shard.write_amplification);
  json.key("spaceAmplification").number(shard.space_amplification);
  json.key("writes").number(shard.writes).key("groups").number(shard.groups).key("syncs").number(shard.syncs);
  json.key("flushes").number(shard.flushes).key("merges").number(shard.merges);
  json.key("bytesFlushed").number(shard.bytes_flushed).key("bytesMerged").number(shard.bytes_merged);
  json.key("pendingMergeSize").number(shard.pending_merge_size);
  json.key("level0Depth").number(uint64_t{shard.level0_depth});
  json.key("coldFiles").number(shard.cold_files).key("coldSize").number(shard.cold_size);
  json.key("coldFull").boolean(shard.cold_full);
  json.key("filesByKey").begin_array();
  for (const auto& [key_id, files] : shard.files_by_key)
    json.begin_object().key("key").string(key_text(key_id)).key("files").number(files).end();
  json.end();
  json.key("debtPercent").number(uint64_t{shard.debt_percent}).key("stalledMs").number(shard.stalled_ms);
  json.key("snapshots").number(uint64_t{shard.snapshots}).key("visible").number(shard.visible.raw).end();
}

void write_latency(JsonWriter& json, const client::LatencyStats& latency) {
  json.key(latency.name).begin_object().key("count").number(latency.count).key("meanNs").number(latency.mean);
  json.key("p50Ns").number(latency.p50).key("p90Ns").number(latency.p90).key("p99Ns").number(latency.p99);
  json.key("p999Ns").number(latency.p999).key("maxNs").number(latency.max).end();
}

}  // namespace

std::string stats_json(const client::Stats& stats) {
  JsonWriter json;
  json.begin_object().key("version").string(stats.version).key("uptimeMs").number(stats.uptime_ms);
  json.key("connections").number(uint64_t{stats.connections});
  json.key("memory").number(stats.memory).key("memtablesSize").number(stats.memtables_size);
  json.key("filtersSize").number(stats.filters_size).key("indexSize").number(stats.index_size);
  json.key("cacheSize").number(stats.cache_size);
  json.key("cacheHits").number(stats.cache_hits).key("cacheMisses").number(stats.cache_misses);
  json.key("merging").string(name_of(stats.merging));
  if (stats.history_from) json.key("historyFrom").number(stats.history_from->raw);
  json.key("sstable_count").number(stats.sstable_count).key("total_size").number(stats.total_size);
  json.key("read_operations").number(stats.read_operations).key("latencies").begin_object();
  for (const client::LatencyStats& latency : stats.latencies) write_latency(json, latency);
  json.end().key("shards").begin_array();
  for (const client::ShardStats& shard : stats.shards) write_shard(json, shard);
  json.end().end();
  return json.text();
}

}  // namespace coppice::cluster
