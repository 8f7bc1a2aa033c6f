#include "engine/watch/read_counters.hpp"

namespace coppice::engine {
namespace {

void add(std::atomic<uint64_t>& count, uint64_t value) {
  if (value > 0) count.fetch_add(value, std::memory_order_relaxed);
}

uint64_t load(const std::atomic<uint64_t>& count) { return count.load(std::memory_order_relaxed); }

LevelReads sum_of(const std::array<LevelReads, kReadLevelCount>& levels) {
  LevelReads sum;
  for (const LevelReads& level : levels) {
    sum.tables += level.tables;
    sum.filtered += level.filtered;
    sum.blocks += level.blocks;
    sum.found += level.found;
  }
  return sum;
}

double share(uint64_t part, uint64_t whole, double none) {
  return whole == 0 ? none : static_cast<double>(part) / static_cast<double>(whole);
}

double success_of(const LevelReads& reads) {
  return share(reads.filtered, reads.filtered + reads.blocks - reads.found, 1);
}

}  // namespace

double ReadStats::blocks_per_key() const { return share(sum_of(levels).blocks, keys_sampled, 0); }
double ReadStats::tables_per_key() const { return share(sum_of(levels).tables, keys_sampled, 0); }
double ReadStats::filter_success(size_t level) const { return success_of(levels[level]); }
double ReadStats::filter_success() const { return success_of(sum_of(levels)); }

void ReadStats::add(const ReadStats& other) {
  gets += other.gets;
  many_keys += other.many_keys;
  many_calls += other.many_calls;
  found_in_memtables += other.found_in_memtables;
  not_found += other.not_found;
  scans += other.scans;
  entries_scanned += other.entries_scanned;
  failures += other.failures;
  blocks_read += other.blocks_read;
  bytes_read += other.bytes_read;
  keys_sampled += other.keys_sampled;
  for (size_t level = 0; level < kReadLevelCount; ++level) {
    found_in_level[level] += other.found_in_level[level];
    levels[level].tables += other.levels[level].tables;
    levels[level].filtered += other.levels[level].filtered;
    levels[level].blocks += other.levels[level].blocks;
    levels[level].found += other.levels[level].found;
  }
}

void ReadCounters::note_disk(Stripe& stripe, const ReadWork& work) {
  engine::add(stripe.blocks_read, work.blocks_read);
  engine::add(stripe.bytes_read, work.bytes_read);
}

void ReadCounters::note_many(const PlaceCounts& places, const ReadWork& work) {
  Stripe& stripe = stripes_[stripe_here()];
  uint64_t keys = 0;
  for (size_t place = 0; place < kPlaceCount; ++place) {
    engine::add(stripe.places[place], places[place]);
    keys += places[place];
  }
  engine::add(stripe.many_calls, 1);
  engine::add(stripe.many_keys, keys);
  note_disk(stripe, work);
}

void ReadCounters::note_scanned(uint64_t entries, const ReadWork& work) {
  Stripe& stripe = stripes_[stripe_here()];
  engine::add(stripe.entries, entries);
  note_disk(stripe, work);
}

void ReadCounters::note_sample(uint64_t keys, const LevelWork& work) {
  engine::add(keys_sampled_, keys);
  for (size_t level = 0; level < kReadLevelCount; ++level) {
    const auto& reads = work[level];
    engine::add(levels_[level].tables, reads.tables);
    engine::add(levels_[level].filtered, reads.filtered);
    engine::add(levels_[level].blocks, reads.blocks);
    engine::add(levels_[level].found, reads.found);
  }
}

ReadStats ReadCounters::load() const {
  ReadStats stats;
  uint64_t keys = 0;
  for (const Stripe& stripe : stripes_) {
    for (size_t place = 0; place < kPlaceCount; ++place) keys += engine::load(stripe.places[place]);
    stats.found_in_memtables += engine::load(stripe.places[kPlaceMemtable]);
    for (size_t level = 0; level < kReadLevelCount; ++level)
      stats.found_in_level[level] += engine::load(stripe.places[kPlaceLevel0 + level]);
    stats.not_found += engine::load(stripe.places[kPlaceNowhere]);
    stats.many_calls += engine::load(stripe.many_calls);
    stats.many_keys += engine::load(stripe.many_keys);
    stats.scans += engine::load(stripe.scans);
    stats.entries_scanned += engine::load(stripe.entries);
    stats.blocks_read += engine::load(stripe.blocks_read);
    stats.bytes_read += engine::load(stripe.bytes_read);
  }
  // Keys of a get_many that goes on meanwhile may be counted in one of the two only.
  stats.gets = keys > stats.many_keys ? keys - stats.many_keys : 0;
  stats.failures = engine::load(failures_);
  stats.keys_sampled = engine::load(keys_sampled_);
  for (size_t level = 0; level < kReadLevelCount; ++level)
    stats.levels[level] = {engine::load(levels_[level].tables), engine::load(levels_[level].filtered),
                           engine::load(levels_[level].blocks), engine::load(levels_[level].found)};
  return stats;
}

}  // namespace coppice::engine
