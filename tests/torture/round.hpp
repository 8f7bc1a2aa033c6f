// One run: a store, its node, clients and an injector, from an empty directory to the last look.
#pragma once

#include <cstdint>

#include "tests/torture/report.hpp"

namespace coppice::torture {

struct RoundOptions {
  uint64_t seed = 0;
  int clients = 4;
  size_t injections = 12;
  /// Between two injections at most, and during one.
  uint64_t writes = 150;
  uint64_t calls = 300;
};

/// Adds to `report` what was done and found. False: something was wrong, `seed` finds it again, and what is left of the store
/// is kept in a directory that the report names.
bool run_round(const RoundOptions& options, Report& report);

}  // namespace coppice::torture
