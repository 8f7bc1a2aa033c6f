#include "cluster/commands/stats_text.hpp"

#include <array>
#include <cstdio>
#include <ctime>
#include <map>

#include "cluster/text/quantity.hpp"
#include "cluster/text/table.hpp"

namespace coppice::cluster {
namespace {

std::string ratio_text(double ratio) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", ratio);
  return text;
}

/// "-" while no read was looked at closely.
std::string sampled(const client::ReadStats& reads, double ratio) {
  return reads.keys_sampled == 0 ? "-" : ratio_text(ratio);
}

std::string percent_text(uint64_t part, uint64_t whole) {
  if (whole == 0) return "-";
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %%", 100 * static_cast<double>(part) / static_cast<double>(whole));
  return text;
}

std::string time_text(double ns) {
  constexpr const char* kUnits[] = {"ns", "us", "ms", "s"};
  size_t unit = 0;
  for (; ns >= 1000 && unit < 3; ++unit) ns /= 1000;
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %s", ns, kUnits[unit]);
  return text;
}

std::string bound_text(const std::optional<Bytes>& bound, const char* none) {
  return bound && !bound->empty() ? printable(*bound) : none;
}

std::string shards_text(const client::Stats& stats) {
  TextTable table(
      {"shard", "state", "from", "before", "memtables", "logs", "tables", "on disk", "entries", "writes",
       "groups", "syncs", "flushes", "merges", "dropped", "to merge", "debt", "snapshots"},
      4);
  for (const client::ShardStats& shard : stats.shards) {
    uint64_t entries = 0;
    for (const client::LevelStats& level : shard.levels) entries += level.entries;
    table.add({std::to_string(shard.id), name_of(shard.state), bound_text(shard.range.begin, "first"),
               bound_text(shard.range.end, "end"), size_text(shard.memtable_size), size_text(shard.log_size),
               count_text(shard.sstable_count), size_text(shard.total_size), count_text(entries),
               count_text(shard.writes), count_text(shard.groups), count_text(shard.syncs),
               count_text(shard.flushes), count_text(shard.merges), count_text(shard.tables_dropped),
               size_text(shard.pending_merge_size), std::to_string(shard.debt_percent) + " %",
               count_text(shard.snapshots)});
  }
  return table.text();
}

std::string reads_text(const client::Stats& stats) {
  TextTable table({"shard", "read_operations", "gets", "of many", "absent", "scans", "entries", "from disk",
                   "tables a key", "blocks a key", "filtered %", "write amp", "space amp"},
                  1);
  for (const client::ShardStats& shard : stats.shards) {
    const client::ReadStats& reads = shard.reads;
    table.add({std::to_string(shard.id), count_text(shard.read_operations), count_text(reads.gets),
               count_text(reads.many_keys), count_text(reads.not_found), count_text(reads.scans),
               count_text(reads.entries_scanned), size_text(reads.bytes_read),
               sampled(reads, reads.tables_per_key), sampled(reads, reads.blocks_per_key),
               sampled(reads, 100 * reads.filter_success), ratio_text(shard.write_amplification),
               ratio_text(shard.space_amplification)});
  }
  return table.text();
}

std::string levels_text(const client::Stats& stats) {
  TextTable table({"shard", "level", "tables", "size", "values", "entries", "score", "arrived", "merge read",
                   "merged", "write amp", "keys found", "tables asked", "filtered", "blocks"},
                  2);
  bool any = false;
  for (const client::ShardStats& shard : stats.shards) {
    for (size_t i = 0; i < shard.levels.size(); ++i) {
      const client::LevelStats& level = shard.levels[i];
      if (level.tables == 0 && level.bytes_arrived == 0) continue;
      any = true;
      table.add({std::to_string(shard.id), std::to_string(i), count_text(level.tables), size_text(level.size),
                 size_text(level.values_size), count_text(level.entries), ratio_text(level.score),
                 size_text(level.bytes_arrived), size_text(level.bytes_read), size_text(level.bytes_merged),
                 ratio_text(level.write_amplification), count_text(level.keys_found),
                 count_text(level.tables_asked), percent_text(level.tables_filtered, level.tables_asked),
                 count_text(level.blocks_asked)});
    }
  }
  return any ? table.text() : "";
}

std::string values_text(const client::Stats& stats) {
  TextTable table({"shard", "value files", "on disk", "garbage", "share"}, 1);
  bool any = false;
  for (const client::ShardStats& shard : stats.shards) {
    if (shard.value_files == 0) continue;
    any = true;
    table.add({std::to_string(shard.id), count_text(shard.value_files), size_text(shard.value_files_size),
               size_text(shard.value_garbage_size),
               percent_text(shard.value_garbage_size, shard.value_files_size)});
  }
  return any ? table.text() : "";
}

std::string latencies_text(const client::Stats& stats) {
  TextTable table({"latency", "timed", "mean", "p50", "p90", "p99", "p99.9", "max"}, 1);
  bool any = false;
  for (const client::LatencyStats& latency : stats.latencies) {
    if (latency.count == 0) continue;
    any = true;
    const auto time = [](uint64_t ns) { return time_text(static_cast<double>(ns)); };
    table.add({latency.name, count_text(latency.count), time_text(latency.mean), time(latency.p50),
               time(latency.p90), time(latency.p99), time(latency.p999), time(latency.max)});
  }
  return any ? table.text() : "";
}

std::string stalls_text(const client::Stats& stats) {
  TextTable table({"shard", "writes waited for", "times", "in all"}, 2);
  bool any = false;
  for (const client::ShardStats& shard : stats.shards) {
    for (const client::StallStats& stall : shard.stalls) {
      any = true;
      table.add({std::to_string(shard.id), stall.reason, count_text(stall.count), duration_text(stall.ms)});
    }
  }
  return any ? table.text() : "";
}

/// How many files of all shards each key encrypts, or nothing if all is plain.
std::string keys_text(const client::Stats& stats) {
  std::map<uint64_t, uint64_t> sum;
  for (const client::ShardStats& shard : stats.shards)
    for (const auto& [key_id, files] : shard.files_by_key) sum[key_id] += files;
  if (sum.empty() || sum.rbegin()->first == 0) return "";
  std::string text;
  for (const auto& [key_id, files] : sum)
    text.append(text.empty() ? "encryption: " : ", ")
        .append(key_id == 0 ? "none: " : "key " + key_text(key_id) + ": ")
        .append(count_text(files, "file"));
  return text + "\n";
}

/// What lies in the cold directory, or nothing if nothing does.
std::string cold_text(const client::Stats& stats) {
  uint64_t files = 0;
  uint64_t size = 0;
  bool full = false;
  for (const client::ShardStats& shard : stats.shards) {
    files += shard.cold_files;
    size += shard.cold_size;
    full = full || shard.cold_full;
  }
  if (files == 0 && !full) return "";
  return "in the cold directory: " + count_text(files, "file") + ", " + size_text(size) +
         "; in the other: " + size_text(stats.total_size - size) + "\n" +
         (full ? "the cold directory is full: what belongs there stays in the other\n" : "");
}

/// As --at takes it: the first whole second that is no earlier.
std::string moment_text(Timestamp moment) {
  const auto seconds = static_cast<std::time_t>((moment.milliseconds() + 999) / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text.data();
}

/// What a person should see of a shard.
std::string problem_text(const client::ShardStats& shard) {
  if (shard.problem.empty()) return "";
  const bool serves = shard.state == client::ShardStats::State::serving;
  return "shard " + std::to_string(shard.id) +
         (serves ? " serves, but what it does in the background fails: " : " does not serve: ") +
         shard.problem + "\n";
}

void add(std::string& text, const std::string& part) {
  if (!part.empty()) text.append("\n").append(part);
}

std::string memory_text(const client::Stats& stats) {
  const uint64_t taken = stats.memtables_size + stats.filters_size + stats.index_size + stats.cache_size;
  return "memory: " + size_text(taken) + " of " + size_text(stats.memory) + ": memtables " +
         size_text(stats.memtables_size) + ", filters " + size_text(stats.filters_size) + ", index " +
         size_text(stats.index_size) + ", block cache " + size_text(stats.cache_size) + "\n";
}

}  // namespace

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

std::string key_text(uint64_t key_id) {
  std::array<char, 17> digits{};
  std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(key_id));
  return key_id == 0 ? "none" : digits.data();
}

std::string stats_text(const client::Stats& stats) {
  std::string text = "coppice " + stats.version + ", up " + duration_text(stats.uptime_ms) + ", " +
                     count_text(stats.connections, "connection") + "\n" +
                     count_text(stats.sstable_count, "table") + ", " + size_text(stats.total_size) + ", " +
                     count_text(stats.read_operations, "read operation") + "\n" + memory_text(stats) +
                     "block cache: " + count_text(stats.cache_hits) + " hits, " +
                     count_text(stats.cache_misses) + " misses\n" + keys_text(stats) + cold_text(stats);
  if (stats.history_from) text += "history: from " + moment_text(*stats.history_from) + " on\n";
  if (stats.merging != client::Merging::on || !stats.merges.empty())
    add(text, std::string("merging: ") + name_of(stats.merging) + ", " +
                  count_text(stats.merges.size(), "merge") + " asked for under way\n");
  add(text, shards_text(stats));
  add(text, reads_text(stats));
  add(text, levels_text(stats));
  add(text, values_text(stats));
  add(text, latencies_text(stats));
  add(text, stalls_text(stats));
  for (const client::ShardStats& shard : stats.shards) add(text, problem_text(shard));
  return text;
}

}  // namespace coppice::cluster
