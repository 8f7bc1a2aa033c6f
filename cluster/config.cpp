#include "cluster/config.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>

#include "actors/store.hpp"
#include "cluster/text/encoding.hpp"
#include "cluster/text/nearest.hpp"
#include "cluster/text/quantity.hpp"

namespace coppice::cluster {
namespace {

using Values = std::span<const std::string>;

/// How one key is set and shown. `set` answers false for a value that is not allowed.
struct Setting {
  ConfigKey key;
  std::function<bool(Config&, Values)> set;
  /// As TOML.
  std::function<std::string(const Config&)> show;
};

std::string quoted(std::string_view text) {
  std::string all = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') all += '\\';
    // Control characters TOML has only by their numbers. What is not UTF-8, such as a path may be, it does not have at all.
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') {
      all.append("\\u00").append(encode(ByteView(&c, 1), Encoding::hex));
    } else {
      all += c;
    }
  }
  return all + '"';
}

Setting path_setting(std::string name, std::string help, std::string Config::*field, bool may_be_empty) {
  return {{std::move(name), std::move(help), may_be_empty ? "a path, or nothing" : "a path", false},
          [=](Config& config, Values values) {
            config.*field = values[0];
            return may_be_empty || !values[0].empty();
          },
          [field](const Config& config) { return quoted(config.*field); }};
}

/// Where nothing is set, what the preset says.
template <class T>
using OfPreset = T (*)(const actors::StoreOptions&);

template <class T>
T shown(const Config& config, T Config::*field, OfPreset<T>) {
  return config.*field;
}
template <class T>
T shown(const Config& config, std::optional<T> Config::*field, OfPreset<T> of_preset) {
  return (config.*field).value_or(of_preset(actors::options_of(config.preset)));
}

template <class Field>
Setting count_setting(std::string name, std::string help, Field Config::*field, uint32_t least, uint32_t most,
                      OfPreset<uint32_t> of_preset = nullptr) {
  return {{std::move(name), std::move(help), std::to_string(least) + " to " + std::to_string(most), false},
          [=](Config& config, Values values) {
            const std::string& text = values[0];
            uint32_t count = 0;
            const auto parsed = std::from_chars(text.data(), text.data() + text.size(), count);
            config.*field = count;
            return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() && !text.empty() &&
                   count >= least && count <= most;
          },
          [=](const Config& config) { return std::to_string(shown(config, field, of_preset)); }};
}

/// From 0 to 1.
Setting share_setting(std::string name, std::string help, std::optional<double> Config::*field,
                      OfPreset<double> of_preset) {
  return {{std::move(name), std::move(help), "0 to 1", false},
          [=](Config& config, Values values) {
            const std::string& text = values[0];
            double share = 0;
            const auto parsed = std::from_chars(text.data(), text.data() + text.size(), share);
            config.*field = share;
            return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() && share >= 0 &&
                   share <= 1;
          },
          [=](const Config& config) {
            std::array<char, 32> text;
            const double share = shown(config, field, of_preset);
            return std::string(text.data(), std::to_chars(text.begin(), text.end(), share).ptr);
          }};
}

template <class Field>
Setting size_setting(std::string name, std::string help, Field Config::*field, uint64_t least, uint64_t most,
                     OfPreset<uint64_t> of_preset = nullptr) {
  return {
      {std::move(name), std::move(help), "a size from " + size_text(least) + " to " + size_text(most), false},
      [=](Config& config, Values values) {
        const auto size = parse_size(values[0]);
        if (!size.ok() || *size < least || *size > most) return false;
        config.*field = *size;
        return true;
      },
      [=](const Config& config) { return std::to_string(shown(config, field, of_preset)); }};
}

Setting time_setting(std::string name, std::string help, uint64_t Config::*field) {
  return {{std::move(name), std::move(help), "0 or a time such as 30s, 5min, 12h or 7d", false},
          [field](Config& config, Values values) {
            const auto time = parse_duration(values[0]);
            if (time.ok()) config.*field = *time;
            return time.ok();
          },
          [field](const Config& config) {
            return config.*field == 0 ? "0" : quoted(std::to_string(config.*field) + "ms");
          }};
}

/// `names` are the values of an enumeration, in its order.
template <class Choice, size_t count, class Field>
Setting choice_setting(std::string name, std::string help, Field Config::*field,
                       const std::array<std::string_view, count>& names,
                       OfPreset<Choice> of_preset = nullptr) {
  std::string allowed;
  for (size_t i = 0; i < count; ++i)
    allowed.append(i == 0 ? "" : i + 1 == count ? " or " : ", ").append(names[i]);
  return {{std::move(name), std::move(help), std::move(allowed), false},
          [=](Config& config, Values values) {
            for (size_t i = 0; i < count; ++i) {
              if (values[0] != names[i]) continue;
              config.*field = static_cast<Choice>(i);
              return true;
            }
            return false;
          },
          [=](const Config& config) {
            return quoted(names[static_cast<size_t>(shown(config, field, of_preset))]);
          }};
}

constexpr const char* kKeyAllowed = "file:PATH or command:COMMAND";

Setting key_setting() {
  return {{"encryption_key", "what new files are encrypted with: 32 bytes or 64 hexadecimal digits",
           std::string(kKeyAllowed) + ", or nothing: they are not", false},
          [](Config& config, Values values) {
            // What is no source is refused by whoever reads the key, and not repeated: it may be the key itself.
            config.encryption_key = values[0];
            return true;
          },
          [](const Config& config) { return quoted(config.encryption_key); }};
}

Setting old_keys_setting() {
  return {
      {"encryption_keys_old", "what files may be encrypted with that were written before", kKeyAllowed, true},
      [](Config& config, Values values) {
        config.encryption_keys_old.assign(values.begin(), values.end());
        return true;
      },
      [](const Config& config) {
        std::string list;
        for (const std::string& source : config.encryption_keys_old)
          list.append(list.empty() ? "" : ", ").append(quoted(source));
        return "[" + list + "]";
      }};
}

/// "none,lz4,zstd", or several values.
Setting compression_setting() {
  static constexpr std::array<std::string_view, 3> kNames{"none", "lz4", "zstd"};
  constexpr size_t kLevelsMax = 7;
  return {{"compression", "of tables, by level; the last is that of all deeper levels",
           "none, lz4 or zstd, and up to 7 of them, such as none,lz4,zstd", true},
          [](Config& config, Values values) {
            std::vector<engine::Compression> levels;
            for (std::string_view rest : values) {
              for (bool more = true; more;) {
                const size_t comma = rest.find(',');
                const auto name = std::ranges::find(kNames, rest.substr(0, comma));
                if (name == kNames.end() || levels.size() == kLevelsMax) return false;
                levels.push_back(static_cast<engine::Compression>(name - kNames.begin()));
                more = comma != std::string_view::npos;
                if (more) rest.remove_prefix(comma + 1);
              }
            }
            config.compression = std::move(levels);
            return true;
          },
          [](const Config& config) {
            std::string list;
            for (const engine::Compression each : config.compression)
              list.append(list.empty() ? "" : ",").append(kNames[static_cast<size_t>(each)]);
            return quoted(list);
          }};
}

Setting cold_after_setting() {
  static constexpr std::string_view kNever = "never";
  return {{"cold_after",
           "how old a table is when it goes to the cold directory; 0: by level, the last one lies there",
           "0, a time such as 12h or 30d, or never", false},
          [](Config& config, Values values) {
            const auto time =
                values[0] == kNever ? Result<uint64_t>(engine::kNeverCold) : parse_duration(values[0]);
            if (time.ok()) config.cold_after_ms = *time;
            return time.ok();
          },
          [](const Config& config) {
            if (config.cold_after_ms == engine::kNeverCold) return quoted(kNever);
            return config.cold_after_ms == 0 ? "0" : quoted(std::to_string(config.cold_after_ms) + "ms");
          }};
}

Setting listen_setting() {
  return {{"listen", "where to serve", "host:port, such as 127.0.0.1:4640", false},
          [](Config& config, Values values) {
            auto address = wire::parse_address(values[0]);
            if (!address.ok()) return false;
            config.listen = *std::move(address);
            return true;
          },
          [](const Config& config) { return quoted(wire::to_string(config.listen)); }};
}

Setting boundaries_setting() {
  return {{"boundaries", "where to cut shards when the store is created; other bytes than text as \\xNN",
           "keys in ascending order", true},
          [](Config& config, Values values) {
            std::vector<Bytes> keys;
            for (const std::string& value : values) {
              auto key = decode(value, Encoding::escaped);
              if (!key.ok() || !check_key(*key).ok() || (!keys.empty() && *key <= keys.back())) return false;
              keys.push_back(*std::move(key));
            }
            config.boundaries = std::move(keys);
            return true;
          },
          [](const Config& config) {
            std::string list;
            for (const Bytes& key : config.boundaries)
              list.append(list.empty() ? "" : ", ").append(quoted(encode(key, Encoding::escaped)));
            return "[" + list + "]";
          }};
}

constexpr uint64_t kMiB = 1 << 20;
constexpr uint64_t kTiB = kMiB * kMiB;

const std::vector<Setting>& settings() {
  using Options = actors::StoreOptions;
  static const std::vector<Setting> all = {
      path_setting("data", "the directory of the store", &Config::data_directory, false),
      path_setting("cold_directory", "on a slower and larger disk, for most of the tables",
                   &Config::cold_directory, true),
      cold_after_setting(),
      listen_setting(),
      boundaries_setting(),
      choice_setting<engine::Preset>(
          "preset", "settings for a kind of work, which others win over", &Config::preset,
          std::array<std::string_view, 4>{"balanced", "write_heavy", "read_heavy", "memory_constrained"}),
      size_setting("memory", "for memtables, cached blocks, filters and index pages, of all shards",
                   &Config::memory, kMiB, kTiB,
                   [](const Options& options) -> uint64_t { return options.memory; }),
      size_setting("memtable_size", "memory a shard fills before it writes a table", &Config::memtable_size,
                   kMiB / 16, kTiB,
                   [](const Options& options) -> uint64_t { return options.tree.memtable_size; }),
      choice_setting<engine::MergePolicy>(
          "merge_policy", "what merging is to save: space and reads, or writes", &Config::merge_policy,
          std::array<std::string_view, 2>{"leveled", "tiered"},
          [](const Options& options) { return options.tree.merge_policy; }),
      count_setting("min_compaction_files", "how many memtables' tables a merge waits for, at most",
                    &Config::min_compaction_files, 2, 64,
                    [](const Options& options) { return options.tree.min_compaction_files; }),
      count_setting("merge_threshold_percent", "how full a level is when it is merged",
                    &Config::merge_threshold_percent, 25, 100,
                    [](const Options& options) { return options.tree.merge_threshold_percent; }),
      count_setting("max_sstables", "a shard with more tables merges until they are fewer",
                    &Config::max_sstables, 64, 1'000'000,
                    [](const Options& options) { return options.tree.max_sstables; }),
      choice_setting<engine::Merging>("merging", "whether shards merge by themselves when the node begins",
                                      &Config::merging,
                                      std::array<std::string_view, 4>{"on", "off", "paused", "stopped"}),
      count_setting("merge_interval_ms", "how often merges are looked for, at most; 0: at once",
                    &Config::merge_interval_ms, 0, 86'400'000),
      share_setting("filter_false_positive_rate",
                    "reads of absent keys that filters let pass, of one; 0: no filters",
                    &Config::filter_false_positive_rate,
                    [](const Options& options) { return options.tree.filter_false_positive_rate; }),
      size_setting("value_threshold", "values so large are kept apart from their keys; 0: none, or from 64",
                   &Config::value_threshold, 0, kValueSizeMax),
      time_setting("retention", "how long the store can be read as it was", &Config::retention_ms),
      compression_setting(),
      key_setting(),
      old_keys_setting(),
      count_setting("connections_max", "clients served at one time", &Config::connections_max, 1, 65536),
      count_setting("rpc_threads", "threads that speak with clients", &Config::rpc_threads, 1, 256),
      count_setting("scheduler_threads", "threads that run shards; 0: one for each core",
                    &Config::scheduler_threads, 0, 256),
      count_setting("compactor_threads", "threads that flush and merge", &Config::compactor_threads, 1, 256),
      count_setting("reader_threads", "threads that wait for the disk on behalf of reads",
                    &Config::reader_threads, 1, 256),
      count_setting("stop_time_ms", "how long a stop waits for calls under way, in milliseconds",
                    &Config::stop_time_ms, 0, 3600000),
      choice_setting<LogLevel>("log_level", "what is logged", &Config::log_level,
                               std::array<std::string_view, 5>{"debug", "info", "warning", "error", "off"}),
  };
  return all;
}

Error unknown_key(std::string_view key) {
  // Of releases before.
  if (key == "cache_size")
    return {Errc::invalid_argument,
            "there is no setting 'cache_size' any more: 'memory' has its place, and counts memtables too"};
  std::vector<std::string> names;
  for (const Setting& setting : settings()) names.push_back(setting.key.name);
  return {Errc::invalid_argument,
          "there is no setting '" + std::string(key) + "'" + did_you_mean(key, names)};
}

Error not_allowed(const ConfigKey& key, Values values) {
  std::string given;
  for (const std::string& value : values) given.append(given.empty() ? "'" : ", '").append(value).append("'");
  return {Errc::invalid_argument, key.name + " is " + given + ": it may be " + key.allowed};
}

}  // namespace

std::span<const ConfigKey> config_keys() {
  static const std::vector<ConfigKey> keys = [] {
    std::vector<ConfigKey> all;
    for (const Setting& setting : settings()) all.push_back(setting.key);
    return all;
  }();
  return keys;
}

Status set_config(Config& config, std::string_view key, Values values) {
  COPPICE_CHECK(!values.empty());
  for (const Setting& setting : settings()) {
    if (setting.key.name != key) continue;
    if ((values.size() > 1 && !setting.key.many) || !setting.set(config, values))
      return not_allowed(setting.key, values);
    return success();
  }
  return unknown_key(key);
}

std::string to_toml(const Config& config) {
  std::string text;
  for (const Setting& setting : settings()) text += setting.key.name + " = " + setting.show(config) + "\n";
  return text;
}

}  // namespace coppice::cluster
