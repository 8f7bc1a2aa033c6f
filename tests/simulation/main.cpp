// Simulates so many seeds: simulate [SEEDS [FIRST_SEED [CALLS]]].
#include <cstdio>
#include <cstdlib>

#include "tests/simulation/run.hpp"

namespace {

uint64_t argument(int count, char** arguments, int index, uint64_t otherwise) {
  return index < count ? std::strtoull(arguments[index], nullptr, 10) : otherwise;
}

}  // namespace

int main(int count, char** arguments) {
  using namespace coppice::simulation;
  const uint64_t seeds = argument(count, arguments, 1, 1000);
  const uint64_t first = argument(count, arguments, 2, 1);
  const uint64_t calls = argument(count, arguments, 3, 4000);
  Conditions conditions;
  uint64_t failed = 0;
  uint64_t steps = 0;
  for (uint64_t seed = first; seed < first + seeds; ++seed) {
    const Report report = run(seed, calls);
    conditions.add(report.conditions);
    steps += report.steps;
    if (report.failure.empty()) continue;
    ++failed;
    std::printf("seed %lu, trace %016lx: %s\nonce more: ./dev simulate 1 %lu %lu\n", seed, report.trace,
                report.failure.c_str(), seed, calls);
    std::fflush(stdout);
  }
  for (size_t i = 0; i < kConditionCount; ++i) {
    const auto condition = static_cast<Condition>(i);
    std::printf("%8lu  %s\n", conditions.count(condition), name_of(condition).c_str());
  }
  const bool is_enough = seeds < 100 || conditions.missing().empty();
  for (const std::string& name : is_enough ? std::vector<std::string>() : conditions.missing())
    std::printf("never happened, and so was not tried: %s\n", name.c_str());
  std::printf("%lu seeds of %lu calls, %lu steps: %lu failed\n", seeds, calls, steps, failed);
  return failed == 0 && is_enough ? 0 : 1;
}
