// How many absent keys the filters of each level let pass.
#pragma once

#include "engine/compact/level_shape.hpp"

namespace coppice::engine {

/// A read for a key that is not there pays for every table whose filter lets it pass, as much for a small run of tables
/// as for a large one; but to let fewer pass costs little memory where keys are few. So the false answers of a run
/// should be in proportion to its size. All together let filter_false_positive_rate pass while the tree is in shape. Of a run
/// much smaller than the largest no less than a 64th as many pass as of that: less would not be noticed.
///
/// 0 to 1; 0: no filter, as if filter_false_positive_rate is 0 or 1.
/// Source: Dayan, Athanassoulis, Idreos, "Monkey: Optimal Navigable Key-Value Store".
double filter_rate(const Version& version, const TreeShape& options, uint32_t level);

}  // namespace coppice::engine
