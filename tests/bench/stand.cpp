#include "tests/bench/workloads.hpp"

namespace coppice::bench {

void Stand::note(const std::string& metric, double value, std::vector<double> series) {
  measures_.push_back(
      {.engine = contender.name, .at = at, .metric = metric, .value = value, .series = std::move(series)});
}

void Stand::note(const Tally& tally) {
  note("rate", tally.per_second(), {tally.slots.begin(), tally.slots.end()});
  if (tally.latencies.count() == 0) return;
  constexpr std::pair<const char*, double> kPercentiles[] = {
      {"p50", 50}, {"p90", 90}, {"p99", 99}, {"p99.9", 99.9}, {"p99.99", 99.99}};
  for (const auto& [metric, percent] : kPercentiles) {
    note(metric, static_cast<double>(tally.latencies.percentile(percent)));
  }
  note("max", static_cast<double>(tally.latencies.max()));
}

}  // namespace coppice::bench
