#include <array>
#include <cstdio>
#include <map>

#include "cluster/commands/flags.hpp"
#include "cluster/text/json.hpp"
#include "cluster/text/quantity.hpp"
#include "cluster/text/table.hpp"

namespace coppice::cluster {
namespace {

struct StatsFlags {
  AddressFlag address;
  bool json = false;
};

const char* name_of(client::ShardStats::State state) {
  switch (state) {
    case client::ShardStats::State::serving:
      return "serving";
    case client::ShardStats::State::recovering:
      return "recovering";
    case client::ShardStats::State::failed:
      return "failed";
  }
  return "unknown";
}

const char* name_of(client::Merging merging) {
  switch (merging) {
    case client::Merging::on:
      return "on";
    case client::Merging::off:
      return "off";
    case client::Merging::paused:
      return "paused";
    case client::Merging::stopped:
      return "stopped";
  }
  return "unknown";
}

client::LevelStats sum_of(const std::vector<client::LevelStats>& levels) {
  client::LevelStats sum;
  for (const client::LevelStats& level : levels) {
    sum.tables += level.tables;
    sum.size += level.size;
    sum.entries += level.entries;
  }
  return sum;
}

std::string bound_text(const std::optional<Bytes>& bound, const char* none) {
  return bound && !bound->empty() ? printable(*bound) : none;
}

/// Of all shards.
std::map<uint64_t, uint64_t> files_by_key(const client::Stats& stats) {
  std::map<uint64_t, uint64_t> sum;
  for (const client::ShardStats& shard : stats.shards)
    for (const auto& [key_id, files] : shard.files_by_key) sum[key_id] += files;
  return sum;
}

/// As the engine names it in errors.
std::string key_text(uint64_t key_id) {
  std::array<char, 17> digits{};
  std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(key_id));
  return key_id == 0 ? "none" : digits.data();
}

/// Nothing if all is plain.
void print_keys(const std::map<uint64_t, uint64_t>& files) {
  if (files.empty() || files.rbegin()->first == 0) return;
  std::string text;
  for (const auto& [key_id, count] : files)
    text.append(text.empty() ? "" : ", ")
        .append(key_id == 0 ? "none: " : "key " + key_text(key_id) + ": ")
        .append(count_text(count, "file"));
  std::printf("encryption: %s\n", text.c_str());
}

void print_text(const client::Stats& stats) {
  std::printf("coppice %s, up %s, %s\n", stats.version.c_str(), duration_text(stats.uptime_ms).c_str(),
              count_text(stats.connections, "connection").c_str());
  const uint64_t taken = stats.memtables_size + stats.filters_size + stats.index_size + stats.cache_size;
  std::printf("memory: %s of %s: memtables %s, filters %s, index %s, block cache %s\n",
              size_text(taken).c_str(), size_text(stats.memory).c_str(),
              size_text(stats.memtables_size).c_str(), size_text(stats.filters_size).c_str(),
              size_text(stats.index_size).c_str(), size_text(stats.cache_size).c_str());
  std::printf("block cache: %s hits, %s misses\n", count_text(stats.cache_hits).c_str(),
              count_text(stats.cache_misses).c_str());
  print_keys(files_by_key(stats));
  std::printf("\n");

  if (stats.merging != client::Merging::on || !stats.merges.empty())
    std::printf("merging: %s, %s asked for under way\n\n", name_of(stats.merging),
                count_text(stats.merges.size(), "merge").c_str());

  TextTable table({"shard", "state", "from", "before", "memtables", "logs", "tables", "on disk", "entries",
                   "writes", "groups", "syncs", "flushes", "merges", "to merge", "debt", "snapshots"},
                  4);
  for (const client::ShardStats& shard : stats.shards) {
    const client::LevelStats sum = sum_of(shard.levels);
    table.add({std::to_string(shard.id), name_of(shard.state), bound_text(shard.range.begin, "first"),
               bound_text(shard.range.end, "end"), size_text(shard.memtable_size), size_text(shard.log_size),
               count_text(sum.tables), size_text(sum.size), count_text(sum.entries), count_text(shard.writes),
               count_text(shard.groups), count_text(shard.syncs), count_text(shard.flushes),
               count_text(shard.merges), size_text(shard.pending_merge_size),
               std::to_string(shard.debt_percent) + " %", count_text(shard.snapshots)});
  }
  std::fputs(table.text().c_str(), stdout);
  for (const client::ShardStats& shard : stats.shards)
    if (!shard.problem.empty())
      std::printf("\nshard %s does not serve: %s\n", std::to_string(shard.id).c_str(), shard.problem.c_str());
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
    json.key("size").number(level.size).key("entries").number(level.entries).end();
  }
  json.end();
  json.key("writes").number(shard.writes).key("groups").number(shard.groups).key("syncs").number(shard.syncs);
  json.key("flushes").number(shard.flushes).key("merges").number(shard.merges);
  json.key("bytesFlushed").number(shard.bytes_flushed).key("bytesMerged").number(shard.bytes_merged);
  json.key("pendingMergeSize").number(shard.pending_merge_size);
  json.key("level0Depth").number(uint64_t{shard.level0_depth});
  json.key("filesByKey").begin_array();
  for (const auto& [key_id, files] : shard.files_by_key)
    json.begin_object().key("key").string(key_text(key_id)).key("files").number(files).end();
  json.end();
  json.key("debtPercent").number(uint64_t{shard.debt_percent}).key("stalledMs").number(shard.stalled_ms);
  json.key("snapshots").number(uint64_t{shard.snapshots}).key("visible").number(shard.visible.raw).end();
}

void print_json(const client::Stats& stats) {
  JsonWriter json;
  json.begin_object().key("version").string(stats.version).key("uptimeMs").number(stats.uptime_ms);
  json.key("connections").number(uint64_t{stats.connections});
  json.key("memory").number(stats.memory).key("memtablesSize").number(stats.memtables_size);
  json.key("filtersSize").number(stats.filters_size).key("indexSize").number(stats.index_size);
  json.key("cacheSize").number(stats.cache_size);
  json.key("cacheHits").number(stats.cache_hits).key("cacheMisses").number(stats.cache_misses);
  json.key("merging").string(name_of(stats.merging));
  json.key("shards").begin_array();
  for (const client::ShardStats& shard : stats.shards) write_shard(json, shard);
  json.end().end();
  std::printf("%s\n", json.text().c_str());
}

Result<ExitCode> run(const StatsFlags& flags) {
  COPPICE_TRY_ASSIGN(client, flags.address.connect());
  COPPICE_TRY_ASSIGN(stats, client->stats());
  flags.json ? print_json(stats) : print_text(stats);
  return ExitCode::done;
}

}  // namespace

void add_stats(CLI::App& program, Action& chosen) {
  auto flags = std::make_shared<StatsFlags>();
  CLI::App* stats = program.add_subcommand("stats", "Say what the node and its shards are doing");
  add_json_flag(*stats, flags->json);
  flags->address.add_to(*stats);
  stats->footer(
      "Counts are since the node started, sizes are of now. A group is one append to a shard's log, with "
      "all\n"
      "the writes that waited for it. To merge are bytes that merges have still to write, about; debt says "
      "how far\n"
      "they are behind: it slows writes, and at 100 % they are refused.\n\n"
      "Examples:\n  coppice stats\n  coppice stats --json");
  choose(*stats, chosen, std::move(flags), run);
}

}  // namespace coppice::cluster
