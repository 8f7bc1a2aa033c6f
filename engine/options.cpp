#include "engine/options.hpp"

#include <algorithm>

namespace coppice::engine {
namespace {

Status check_range(const char* name, uint64_t value, uint64_t least, uint64_t most) {
  if (value >= least && value <= most) return success();
  return Error{Errc::invalid_argument, std::string(name) + " is " + std::to_string(value) + ": it may be " +
                                           std::to_string(least) + " to " + std::to_string(most)};
}

constexpr uint64_t kKiB = 1024;
constexpr uint64_t kTiB = kKiB * kKiB * kKiB * kKiB;

Status check_compression(const std::vector<Compression>& by_level) {
  constexpr size_t kLevelsMax = 7;
  const bool known =
      std::ranges::all_of(by_level, [](Compression compression) { return compression <= Compression::zstd; });
  if (known && !by_level.empty() && by_level.size() <= kLevelsMax) return success();
  return Error{Errc::invalid_argument, "compression is for 1 to 7 levels, each none, lz4 or zstd"};
}

}  // namespace

Compression compression_of(const TreeOptions& options, uint32_t level) {
  return options.compression[std::min<size_t>(level, options.compression.size() - 1)];
}

Status check_options(const TreeOptions& options) {
  COPPICE_TRY(check_compression(options.compression));
  COPPICE_TRY(check_range("memtable_size", options.memtable_size, 64 * kKiB, kTiB));
  COPPICE_TRY(check_range("block_size", options.block_size, kKiB, kKiB * kKiB));
  if (options.value_threshold != 0)
    COPPICE_TRY(check_range("value_threshold", options.value_threshold, 64, kValueSizeMax));
  // Written so that it refuses what is no number, too.
  if (const double rate = options.filter_false_positive_rate; !(rate >= 0 && rate <= 1))
    return Error{Errc::invalid_argument,
                 "filter_false_positive_rate is " + std::to_string(rate) + ": it may be 0 to 1"};
  COPPICE_TRY(check_range("min_compaction_files", options.min_compaction_files, 2, 64));
  COPPICE_TRY(check_range("merge_threshold_percent", options.merge_threshold_percent, 25, 100));
  return check_range("max_sstables", options.max_sstables, 64, 1'000'000);
}

}  // namespace coppice::engine
