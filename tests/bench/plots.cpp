#include "tests/bench/plots.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <sstream>

#include "tests/bench/table.hpp"

namespace coppice::bench {
namespace {

/// gnuplot takes a space for the end of a field.
std::string field(std::string text) {
  std::replace(text.begin(), text.end(), ' ', '_');
  return text;
}

uint64_t most_measured_size(const std::vector<Measure>& measures) {
  std::map<uint64_t, size_t> counts;
  for (const Measure& measure : measures) ++counts[measure.at.entries];
  const auto most = std::max_element(counts.begin(), counts.end(),
                                     [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == counts.end() ? 0 : most->first;
}

/// seconds, engine, thousand a second; a round for each engine.
std::string overwrite(const std::vector<Measure>& measures, const Medians& medians, uint64_t entries) {
  std::ostringstream text;
  const Medians::Row* row = medians.find({"overwrite", 1, entries, false}, "rate");
  if (row == nullptr) return {};
  for (const auto& entry : row->by_engine) {
    // clang 14 captures no names of a structured binding.
    const std::string& engine = entry.first;
    const double rate = entry.second;
    const auto round = std::find_if(measures.begin(), measures.end(), [&](const Measure& measure) {
      return measure.at == row->at && measure.metric == "rate" && measure.engine == engine &&
             measure.value == rate;
    });
    if (round == measures.end()) continue;
    // The last slot was cut short.
    for (size_t i = 0; i + 1 < round->series.size(); ++i) {
      text << static_cast<double>(i) / 10 << ' ' << engine << ' ' << round->series[i] / 100 << '\n';
    }
  }
  return text.str();
}

/// workload, engine, which percentile, microseconds.
std::string latency(const Medians& medians, uint64_t entries) {
  constexpr std::array kPercentiles{"p50", "p90", "p99", "p99.9", "p99.99", "max"};
  std::ostringstream text;
  for (const char* workload : {"overwrite", "queue"}) {
    for (size_t i = 0; i < kPercentiles.size(); ++i) {
      const Medians::Row* row = medians.find({workload, 1, entries, false}, kPercentiles[i]);
      if (row == nullptr) continue;
      for (const auto& [engine, value] : row->by_engine) {
        text << workload << ' ' << engine << ' ' << i << ' ' << value / 1000 << '\n';
      }
    }
  }
  return text.str();
}

/// workload, engine, threads or entries, thousand a second.
std::string rates(const Medians& medians, bool by_threads, uint64_t entries) {
  std::ostringstream text;
  for (const Medians::Row& row : medians.rows()) {
    if (row.metric != "rate" || row.at.small_cache) continue;
    if (by_threads ? row.at.entries != entries : row.at.threads != 1) continue;
    for (const auto& [engine, value] : row.by_engine) {
      text << field(row.at.workload) << ' ' << engine << ' ' << (by_threads ? row.at.threads : row.at.entries)
           << ' ' << value / 1000 << '\n';
    }
  }
  return text.str();
}

/// Tabs between: row, workload, ratio, goal; only what has a goal against RocksDB and LevelDB.
std::string ratios(const Medians& medians, const std::vector<Goal>& goals, uint64_t entries) {
  std::ostringstream text;
  size_t number = 0;
  for (const Medians::Row& row : medians.rows()) {
    if (row.metric != "rate" || row.at.entries != entries) continue;
    for (const Verdict& verdict : judge(medians, row, goals)) {
      if (verdict.goal->against != Goal::Against::peers) continue;
      text << number++ << '\t' << row.at.workload;
      if (row.at.threads > 1) text << ", " << row.at.threads << " threads";
      if (row.at.small_cache) text << ", small cache";
      text << '\t' << verdict.ratio << '\t' << verdict.goal->bound << '\n';
    }
  }
  return text.str();
}

}  // namespace

std::vector<PlotData> plot_data(const std::vector<Measure>& measures, const std::vector<Goal>& goals) {
  const Medians medians(measures);
  const uint64_t entries = most_measured_size(measures);
  return {{"overwrite", overwrite(measures, medians, entries)},
          {"latency", latency(medians, entries)},
          {"threads", rates(medians, true, entries)},
          {"sizes", rates(medians, false, entries)},
          {"ratios", ratios(medians, goals, entries)}};
}

}  // namespace coppice::bench
