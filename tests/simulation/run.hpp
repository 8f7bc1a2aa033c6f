// One seed, from its beginning to its end.
#pragma once

#include <string>

#include "tests/simulation/conditions.hpp"

namespace coppice::simulation {

struct Report {
  /// What cannot be; empty: every promise was kept.
  std::string failure;
  /// Stands for every step that was taken: two runs of one seed have the same.
  uint64_t trace = 0;
  uint64_t calls = 0;
  uint64_t steps = 0;
  /// Reads and writes of keys, all of which were checked.
  uint64_t accesses = 0;
  Conditions conditions;
};

Report run(uint64_t seed, uint64_t calls);

}  // namespace coppice::simulation
