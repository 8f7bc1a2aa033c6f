#include "tests/torture/settings.hpp"

#include "tests/torture/stream.hpp"

namespace coppice::torture {
namespace {

constexpr uint64_t kMiB = 1 << 20;

}  // namespace

Settings draw_settings(uint64_t seed) {
  Stream draw(seed, "settings");
  Settings settings;
  settings.groups = {"a", "b", "c", "d", "e", "f"};
  const auto set = [&](const std::string& flag, const std::string& value) {
    settings.flags.push_back(flag);
    settings.flags.push_back(value);
  };
  const auto maybe = [&](const std::string& flag, const std::vector<std::string>& values) {
    if (draw.one_in(2)) set(flag, draw.one_of(values));
  };

  static const std::vector<std::vector<std::string>> kBoundaries{
      {"d"}, {"b", "e"}, {"c/client01", "d/shared", "f"}, {"b", "c", "d", "e", "f"}};
  const std::vector<std::string>& boundaries = draw.one_of(kBoundaries);
  settings.flags.push_back("--boundaries");
  settings.flags.insert(settings.flags.end(), boundaries.begin(), boundaries.end());

  static const uint64_t kMemories[] = {4 * kMiB, 8 * kMiB, 32 * kMiB};
  settings.memory = draw.one_of(kMemories);
  set("--memory", std::to_string(settings.memory));
  static const std::vector<std::string> kMemtables{"64KiB", "96KiB", "256KiB"};
  set("--memtable-size", draw.one_of(kMemtables));
  maybe("--value-threshold", {"64", "512", "4KiB"});
  maybe("--compression", {"lz4", "zstd", "none,lz4,zstd"});
  maybe("--merge-policy", {"leveled", "tiered"});
  maybe("--min-compaction-files", {"2", "3", "8"});
  maybe("--merge-threshold-percent", {"25", "60"});
  maybe("--max-sstables", {"64"});
  maybe("--filter-false-positive-rate", {"0", "0.1"});
  maybe("--retention", {"1s", "10s"});
  maybe("--rpc-threads", {"1", "2", "3"});
  maybe("--compactor-threads", {"1", "2"});
  maybe("--reader-threads", {"1", "2"});
  maybe("--merge-interval-ms", {"5", "200"});
  settings.encrypted = draw.one_in(3);
  settings.cold = draw.one_in(4);
  if (settings.cold) maybe("--cold-after", {"0", "2s"});
  set("--stop-time-ms", "2000");
  set("--log-level", "warning");
  return settings;
}

std::string Settings::text() const {
  std::string text;
  for (const std::string& flag : flags) text += (text.empty() ? "" : " ") + flag;
  if (encrypted) text += " (encrypted)";
  if (cold) text += " (with a cold directory)";
  return text;
}

std::vector<std::string> Settings::where(const Place& place) const {
  std::vector<std::string> chosen;
  if (encrypted) chosen.insert(chosen.end(), {"--encryption-key", "file:" + place.key_file()});
  if (cold) chosen.insert(chosen.end(), {"--cold-directory", place.cold()});
  return chosen;
}

}  // namespace coppice::torture
