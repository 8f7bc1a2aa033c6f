// torture [SECONDS [SEED [INJECTIONS]]]: rounds with one seed after the other until the time is over.
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>

#include "tests/support/seed.hpp"
#include "tests/torture/round.hpp"
#include "tests/torture/settings.hpp"

namespace coppice::torture {
namespace {

int run(long seconds, uint64_t seed, size_t injections) {
  const auto begin = std::chrono::steady_clock::now();
  const auto elapsed = [begin] {
    return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - begin).count();
  };
  Report report;
  uint64_t rounds = 0;
  bool well = true;
  do {
    const RoundOptions options{.seed = seed + rounds, .injections = injections, .writes = 800, .calls = 200};
    std::printf("seed %" PRIu64 ", %zu injections: %s\n", options.seed, injections,
                draw_settings(options.seed).text().c_str());
    std::fflush(stdout);
    well = run_round(options, report);
    ++rounds;
  } while (well && elapsed() < seconds);
  std::printf("%" PRIu64 " rounds in %lld s\n%s", rounds, static_cast<long long>(elapsed()),
              report.text().c_str());
  if (!well)
    std::printf("\nit happened with seed %" PRIu64 "; to try it again: ./dev torture 1 %" PRIu64 " %zu\n",
                seed + rounds - 1, seed + rounds - 1, injections);
  return well ? 0 : 1;
}

}  // namespace
}  // namespace coppice::torture

int main(int count, char** arguments) {
  const long seconds = count > 1 ? std::strtol(arguments[1], nullptr, 10) : 60;
  const uint64_t seed = count > 2 ? std::strtoull(arguments[2], nullptr, 10) : coppice::test_seed();
  const size_t injections = count > 3 ? std::strtoul(arguments[3], nullptr, 10) : 36;
  return coppice::torture::run(seconds, seed, injections);
}
