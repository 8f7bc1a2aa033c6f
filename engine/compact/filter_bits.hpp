// How many bits a key gets in the filters of each level.
#pragma once

#include "engine/compact/level_shape.hpp"

namespace coppice::engine {

/// A read for a key that is not there pays for every table whose filter lets it pass, as much for a small run of tables
/// as for a large one; but a bit more for every key of a small run costs little memory. So the false answers of a run
/// should be in proportion to its size: about two bits more for every time that it is e times smaller. The memory of
/// all filters together stays that of filter_bits_per_key everywhere.
///
/// 0 to 32; 0 if filter_bits_per_key is.
/// Source: Dayan, Athanassoulis, Idreos, "Monkey: Optimal Navigable Key-Value Store".
uint32_t filter_bits(const Version& version, const TreeShape& options, uint32_t level);

}  // namespace coppice::engine
