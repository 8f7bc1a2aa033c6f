// What a node can be told: flags over file over defaults.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/wire/address.hpp"
#include "engine/compact/merge_control.hpp"
#include "engine/presets.hpp"
#include "schema/types.hpp"

namespace coppice::cluster {

enum class LogLevel : uint8_t { debug, info, warning, error, off };

/// The defaults serve a machine of a few cores and gigabytes. Sizes are bytes.
struct Config {
  std::string data_directory = "./coppice-data";
  /// On a slower disk, for what is cold; empty: there is none.
  std::string cold_directory;
  /// How old the newest write in a table is when it goes there; 0: the last level lies there; engine::kNeverCold: nothing does.
  uint64_t cold_after_ms = 0;
  wire::Address listen;
  /// Where shards are cut when the store is created, ascending.
  std::vector<Bytes> boundaries;
  engine::Preset preset = engine::Preset::balanced;
  // Nothing: what the preset says.
  std::optional<uint64_t> memory;
  std::optional<uint64_t> memtable_size;
  std::optional<engine::MergePolicy> merge_policy;
  std::optional<uint32_t> min_compaction_files;
  std::optional<uint32_t> merge_threshold_percent;
  std::optional<uint32_t> max_sstables;
  std::optional<double> filter_false_positive_rate;
  engine::Merging merging = engine::Merging::on;
  uint32_t merge_interval_ms = 0;
  /// 0: none is kept apart.
  uint64_t value_threshold = 0;
  /// How long what was overwritten, deleted or has expired can still be read as it was; 0: no history.
  uint64_t retention_ms = 0;
  /// By level: see TreeOptions.
  std::vector<engine::Compression> compression = {engine::Compression::none};
  /// Where the key is that new files are encrypted with, and those that old ones may have; empty: none.
  std::string encryption_key;
  std::vector<std::string> encryption_keys_old;
  uint32_t connections_max = 1024;
  uint32_t rpc_threads = 2;
  /// 0: one for each core.
  uint32_t scheduler_threads = 0;
  uint32_t compactor_threads = 1;
  uint32_t reader_threads = 2;
  /// How long a stop waits for calls under way.
  uint32_t stop_time_ms = 10000;
  LogLevel log_level = LogLevel::info;
};

/// One thing that can be set, as a line in the file and as a flag.
struct ConfigKey {
  std::string name;
  /// For help: what it is.
  std::string help;
  /// For help and refusals: "1 to 64", "a size from 1MiB".
  std::string allowed;
  /// May be given several values.
  bool many = false;
};

/// In the order of Config.
std::span<const ConfigKey> config_keys();

/// Sets the key from text, as a flag gives it. invalid_argument names the key and what is allowed, or for an
/// unknown one the nearest that there is. Requires: at least one value.
Status set_config(Config& config, std::string_view key, std::span<const std::string> values);

/// Sets what TOML says. invalid_argument names the file, as `name`, with line and key. On failure `config` may be changed in part.
Status read_config(Config& config, std::string_view text, const std::string& name);
/// Sets what the TOML file at `path` says. not_found or io_error if it cannot be read; invalid_argument if it has more than a
/// megabyte, or else names file, line and key. On failure `config` may be changed in part.
Status load_config(Config& config, const std::string& path);

/// The current value of every key as the text that would set it, for a log line or a file to begin with.
std::string to_toml(const Config& config);

}  // namespace coppice::cluster
