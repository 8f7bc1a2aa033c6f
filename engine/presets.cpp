#include "engine/presets.hpp"

namespace coppice::engine {

TreeOptions options_of(Preset preset) {
  TreeOptions options;
  switch (preset) {
    case Preset::balanced:
      break;
    case Preset::write_heavy:
      // Each entry is merged once into level 0's own larger tables, and then once with the last level, about.
      options.merge_policy = MergePolicy::tiered;
      // Twice as much is sorted in memory, for nothing written, and what is overwritten there never reaches a table.
      options.memtable_size = 128 << 20;
      break;
    case Preset::read_heavy:
      // Level 0 has half as many tables for a read to meet.
      options.min_compaction_files = 2;
      options.merge_threshold_percent = 50;
      // One absent key in ten thousand passes the filters of all tables, instead of one in two thousand.
      options.filter_false_positive_rate = 0.0001;
      break;
    case Preset::memory_constrained:
      // With those that wait for their flush 40 MiB at most, instead of 320; and less, where shards are many.
      options.memtable_size = 8 << 20;
      // A quarter of the index pages, and as much less to keep for each table.
      options.block_size = 16 << 10;
      // One absent key in fifty passes, for half the memory.
      options.filter_false_positive_rate = 0.02;
      break;
  }
  return options;
}

}  // namespace coppice::engine
