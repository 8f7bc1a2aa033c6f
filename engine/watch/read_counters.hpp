// What the readers of one tree have done, counted at all times.
#pragma once

#include <array>
#include <atomic>

#include "engine/base/stripe.hpp"
#include "engine/watch/read_work.hpp"

namespace coppice::engine {

using LevelReads = LevelAsked<uint64_t>;

/// Counts since the tree was opened. Reads that answered would_block count when they are made again.
struct ReadStats {
  /// Calls of get; keys asked for by get_many, and its calls.
  uint64_t gets = 0;
  uint64_t many_keys = 0;
  uint64_t many_calls = 0;
  /// Of the keys of both: with a value in a memtable, with one in each level, and without.
  uint64_t found_in_memtables = 0;
  std::array<uint64_t, kReadLevelCount> found_in_level{};
  uint64_t not_found = 0;
  /// Cursors opened, and the entries that those that have ended had shown.
  uint64_t scans = 0;
  uint64_t entries_scanned = 0;
  /// Gets, get_manys and cursors that ended with an error of the disk's.
  uint64_t failures = 0;
  /// Blocks that the cache lacked, and the bytes of the files that were read for them: by gets, get_manys, and cursors
  /// that have ended.
  uint64_t blocks_read = 0;
  uint64_t bytes_read = 0;

  /// Gets and keys of get_many that were looked at closely: one of Watch::sample_interval, by chance.
  uint64_t keys_sampled = 0;
  /// What they asked of each level.
  std::array<LevelReads, kReadLevelCount> levels{};

  uint64_t keys() const { return gets + many_keys; }
  uint64_t found() const { return keys() - not_found; }
  /// Keys looked up, and cursors opened.
  uint64_t read_operations() const { return keys() + scans; }
  /// Data blocks that the search for a key looks into, and tables that it asks: read amplification, 0 before any sample.
  double blocks_per_key() const;
  double tables_per_key() const;
  /// Of what a filter was asked and had to turn away, the share that it did; 1 if there was nothing. Of level `level`, and of
  /// all.
  double filter_success(size_t level) const;
  double filter_success() const;

  void add(const ReadStats& other);
};

/// A get costs one relaxed increment of a word of its core's.
/// Threads: any.
class ReadCounters {
public:
  ReadCounters() = default;
  ReadCounters(const ReadCounters&) = delete;
  ReadCounters& operator=(const ReadCounters&) = delete;

  void note_get(const ReadWork& work) {
    Stripe& stripe = stripes_[stripe_here()];
    stripe.places[work.place].fetch_add(1, std::memory_order_relaxed);
    if (work.blocks_read > 0) note_disk(stripe, work);
  }
  void note_many(const PlaceCounts& places, const ReadWork& work);
  void note_scan() { stripes_[stripe_here()].scans.fetch_add(1, std::memory_order_relaxed); }
  /// Of a cursor that ends.
  void note_scanned(uint64_t entries, const ReadWork& work);
  /// How many failed before this one.
  uint64_t note_failure() { return failures_.fetch_add(1, std::memory_order_relaxed); }
  /// What a read of `keys` keys that was picked did.
  void note_sample(uint64_t keys, const LevelWork& work);

  ReadStats load() const;

private:
  using Count = std::atomic<uint64_t>;
  struct alignas(64) Stripe {
    std::array<Count, kPlaceCount> places{};
    Count many_calls{0};
    Count many_keys{0};
    Count scans{0};
    Count entries{0};
    Count blocks_read{0};
    Count bytes_read{0};
  };

  static void note_disk(Stripe& stripe, const ReadWork& work);

  std::array<Stripe, kStripeCount> stripes_;
  Count failures_{0};
  Count keys_sampled_{0};
  std::array<LevelAsked<Count>, kReadLevelCount> levels_;
};

}  // namespace coppice::engine
