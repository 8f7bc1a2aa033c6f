#include "engine/cursor/dead_ranges.hpp"

#include "engine/cursor/dead_ranges_steps.hpp"

namespace coppice::engine {

template class BasicDeadRanges<MachineThreads>;

}  // namespace coppice::engine
