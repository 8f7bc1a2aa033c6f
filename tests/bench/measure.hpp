// What was measured, and how it is kept: a line of JSON each, as measure.capnp says.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "schema/types.hpp"

namespace coppice::bench {

/// One workload in one way of running it.
struct Case {
  std::string workload;
  unsigned threads = 1;
  uint64_t entries = 0;
  bool small_cache = false;

  auto operator<=>(const Case&) const = default;
};

struct Measure {
  unsigned round = 0;
  std::string engine;
  Case at;
  std::string metric;
  double value = 0;
  std::vector<double> series;
};

/// Without the end of the line.
std::string to_json(const Measure& measure);
/// corruption: no such line.
Result<Measure> measure_from_json(const std::string& line);

}  // namespace coppice::bench
