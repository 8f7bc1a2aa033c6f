// A short round as part of the suite. `./dev torture` runs long ones.
#include <cstdlib>

#include <gtest/gtest.h>

#include "tests/torture/round.hpp"

namespace coppice::torture {
namespace {

uint64_t seed_or(uint64_t usual) {
  const char* given = std::getenv("COPPICE_SEED");
  return given == nullptr ? usual : std::strtoull(given, nullptr, 10);
}

/// Each kind of injection once, by work and not by time: it is the same under a sanitizer.
TEST(TortureTest, ANodeKeepsItsPromisesWhateverIsDoneToIt) {
  Report report;
  EXPECT_TRUE(
      run_round({.seed = seed_or(1), .clients = 3, .injections = 12, .writes = 60, .calls = 60}, report))
      << report.text();
  std::printf("%s", report.text().c_str());
}

}  // namespace
}  // namespace coppice::torture
