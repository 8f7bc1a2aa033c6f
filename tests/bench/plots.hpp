// What the plots are made of.
#pragma once

#include <string>
#include <vector>

#include "tests/bench/goals.hpp"
#include "tests/bench/measure.hpp"

namespace coppice::bench {

/// A file for a script of plots/.
struct PlotData {
  std::string name;
  std::string text;
};

/// Of the number of entries that was measured most, but for the one that compares sizes; of time series, the round
/// with the median rate.
std::vector<PlotData> plot_data(const std::vector<Measure>& measures, const std::vector<Goal>& goals);

}  // namespace coppice::bench
