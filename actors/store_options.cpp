// The options of a store for kinds of work.
#include "actors/store.hpp"

namespace coppice::actors {

StoreOptions options_of(engine::Preset preset) {
  StoreOptions options;
  options.tree = engine::options_of(preset);
  // Where reads are most of the work the cache is what saves them the disk; memtables may take half, and three of those that
  // writes fill have to fit into that.
  if (preset == engine::Preset::memory_constrained) options.memory = 64 << 20;
  if (preset == engine::Preset::read_heavy) options.memory = 1 << 30;
  if (preset == engine::Preset::write_heavy) options.memory = 768 << 20;
  return options;
}

}  // namespace coppice::actors
