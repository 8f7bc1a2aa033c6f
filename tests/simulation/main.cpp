// Simulates so many seeds, a thread for each core: simulate [SEEDS [FIRST_SEED [CALLS]]].
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <vector>

#include "tests/simulation/run.hpp"

namespace coppice::simulation {
namespace {

uint64_t argument(int count, char** arguments, int index, uint64_t otherwise) {
  return index < count ? std::strtoull(arguments[index], nullptr, 10) : otherwise;
}

/// What came of all seeds. Threads: any.
class Tally {
public:
  Tally(uint64_t first, uint64_t seeds, uint64_t calls)
      : next_(first), end_(first + seeds), seeds_(seeds), calls_(calls) {}

  /// Runs one seed after the other until there is none left.
  void work() {
    std::unique_lock lock(mutex_);
    while (next_ < end_) {
      const uint64_t seed = next_++;
      lock.unlock();
      const Report report = run(seed, calls_);
      lock.lock();
      add(seed, report);
    }
  }

  /// Requires: nobody works any more.
  bool print_verdict() const {
    for (size_t i = 0; i < kConditionCount; ++i) {
      const auto condition = static_cast<Condition>(i);
      std::printf("%8lu  %s\n", conditions_.count(condition), name_of(condition).c_str());
    }
    const auto missing = seeds_ < 100 ? std::vector<std::string>() : conditions_.missing();
    for (const std::string& name : missing)
      std::printf("never happened, and so was not tried: %s\n", name.c_str());
    std::printf("%lu seeds of %lu calls: %lu steps, %lu reads and writes of keys checked: %lu failed\n",
                seeds_, calls_, steps_, accesses_, failed_);
    return failed_ == 0 && missing.empty();
  }

private:
  void add(uint64_t seed, const Report& report) {
    conditions_.add(report.conditions);
    steps_ += report.steps;
    accesses_ += report.accesses;
    if (report.failure.empty()) return;
    ++failed_;
    std::printf("seed %lu, trace %016lx: %s\nonce more: ./dev simulate 1 %lu %lu\n", seed, report.trace,
                report.failure.c_str(), seed, calls_);
    std::fflush(stdout);
  }

  std::mutex mutex_;
  uint64_t next_;
  const uint64_t end_;
  const uint64_t seeds_;
  const uint64_t calls_;
  Conditions conditions_;
  uint64_t failed_ = 0;
  uint64_t steps_ = 0;
  uint64_t accesses_ = 0;
};

}  // namespace
}  // namespace coppice::simulation

int main(int count, char** arguments) {
  using namespace coppice::simulation;
  const uint64_t seeds = argument(count, arguments, 1, 1000);
  const uint64_t first = argument(count, arguments, 2, 1);
  const uint64_t calls = argument(count, arguments, 3, 4000);
  Tally tally(first, seeds, calls);
  {
    std::vector<std::jthread> threads(std::max(1u, std::thread::hardware_concurrency()));
    for (std::jthread& thread : threads) thread = std::jthread([&tally] { tally.work(); });
  }
  return tally.print_verdict() ? 0 : 1;
}
