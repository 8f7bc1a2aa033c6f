#include "tests/bench/table.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>

#include "schema/check.hpp"

namespace coppice::bench {
namespace {

const std::vector<std::string> kEngines{"tree", "store", "rocksdb", "leveldb", "lmdb"};

/// A table of its own for trees that differ from `tree` in one thing.
struct Variants {
  /// What the names of its workloads begin with.
  std::string prefix;
  std::string title;
  std::set<std::string> metrics;
};

const std::vector<Variants> kVariants{
    {"feature ", "Features: the tree with each in use, divided by the tree", {"rate", "space_amplification"}},
    {"preset ",
     "Presets: the tree with each, divided by the tree",
     {"rate", "p99.9", "write_amplification", "space_amplification", "memory"}}};

bool is_of_variants(const Medians::Row& row) {
  return std::ranges::any_of(kVariants,
                             [&](const Variants& each) { return row.at.workload.starts_with(each.prefix); });
}

std::optional<double> figure(const Medians::Row& row, const std::string& engine) {
  const auto found = row.by_engine.find(engine);
  if (found == row.by_engine.end()) return std::nullopt;
  return found->second;
}

/// The best of those that were measured.
std::optional<double> best(const Medians::Row& row, const std::vector<std::string>& engines) {
  std::optional<double> best;
  for (const std::string& engine : engines) {
    const std::optional<double> one = figure(row, engine);
    if (!one) continue;
    const bool better = !best || (more_is_better(row.metric) ? *one > *best : *one < *best);
    if (better) best = one;
  }
  return best;
}

std::optional<double> other_side(const Medians& medians, const Medians::Row& row, Goal::Against against) {
  switch (against) {
    case Goal::Against::nothing:
      return 1;
    case Goal::Against::peers:
      return best(row, {"rocksdb", "leveldb"});
    case Goal::Against::rocksdb:
      return figure(row, "rocksdb");
    case Goal::Against::lmdb:
      return figure(row, "lmdb");
    case Goal::Against::all_peers:
      return best(row, {"rocksdb", "leveldb", "lmdb"});
    case Goal::Against::one_thread: {
      Case alone = row.at;
      alone.threads = 1;
      const Medians::Row* found = medians.find(alone, row.metric);
      return found == nullptr ? std::nullopt : figure(*found, "tree");
    }
  }
  COPPICE_CHECK(false);
}

bool concerns(const Goal& goal, const Medians::Row& row) {
  return goal.workload == row.at.workload && goal.metric == row.metric &&
         (goal.threads == 0 || goal.threads == row.at.threads) &&
         (goal.cache == Goal::Cache::any || (goal.cache == Goal::Cache::small) == row.at.small_cache);
}

std::string text(const char* format, double value) {
  char buffer[32];
  std::snprintf(buffer, sizeof(buffer), format, value);
  return buffer;
}

/// Three digits or more.
std::string digits(double value) {
  const double size = std::abs(value);
  return text(size >= 100 ? "%.0f" : size >= 10 ? "%.1f" : size >= 0.1 ? "%.2f" : "%.4f", value);
}

bool is_latency(const std::string& metric) { return metric.starts_with("p") || metric == "max"; }

/// A rate in thousands a second, a latency in microseconds.
std::string shown(const std::string& metric, double value) {
  return digits(metric == "rate" || is_latency(metric) ? value / 1000 : value);
}

std::string label(const Medians::Row& row) {
  std::string label = row.at.workload;
  if (row.at.threads > 1) label += ", " + std::to_string(row.at.threads) + " threads";
  if (row.at.small_cache) label += ", small cache";
  if (is_latency(row.metric)) return label + ": " + row.metric + ", µs";
  if (row.metric == "rate") return label;
  std::string words = row.metric;
  std::replace(words.begin(), words.end(), '_', ' ');
  return label + ": " + words;
}

std::string wish(const Goal& goal) {
  const std::string sign = more_is_better(goal.metric) ? "≥ " : "≤ ";
  const std::string bound =
      goal.against == Goal::Against::nothing ? shown(goal.metric, goal.bound) : text("%g", goal.bound);
  switch (goal.against) {
    case Goal::Against::nothing:
    case Goal::Against::peers:
      return sign + bound;
    case Goal::Against::rocksdb:
      return sign + bound + " of RocksDB";
    case Goal::Against::lmdb:
      return sign + bound + " of LMDB";
    case Goal::Against::all_peers:
      return sign + bound + " of the best";
    case Goal::Against::one_thread:
      return sign + bound + " of one thread";
  }
  COPPICE_CHECK(false);
}

/// The goals of a row, and for each where the tree stands, if its own column does not say so already.
std::pair<std::string, std::string> cells(const std::vector<Verdict>& verdicts) {
  std::string wishes;
  std::string marks;
  for (const Verdict& verdict : verdicts) {
    const bool shown_already =
        verdict.goal->against == Goal::Against::peers || verdict.goal->against == Goal::Against::nothing;
    wishes += (wishes.empty() ? "" : "; ") + wish(*verdict.goal);
    if (!shown_already) wishes += " (" + text("%.2f", verdict.ratio) + ")";
    marks += std::string(marks.empty() ? "" : ", ") + (verdict.met ? "yes" : "**no**");
  }
  return {wishes, marks};
}

/// Of the table of engines, those that were measured.
std::string head(const std::set<std::string>& measured) {
  std::string names = "| workload |";
  std::string rule = "|---|";
  for (const std::string& engine : kEngines) {
    if (!measured.contains(engine)) continue;
    names += " " + engine + " |";
    rule += "---|";
  }
  return names + " tree : better of RocksDB, LevelDB | goal | met |\n" + rule + "---|---|---|\n";
}

/// A row without a goal is shown if it is a rate.
bool worth_a_row(const Medians::Row& row, const std::vector<Verdict>& verdicts) {
  static const std::set<std::string> kAlways{"rate", "seconds", "write_amplification", "space_amplification",
                                             "space_amplification_with_logs"};
  return !verdicts.empty() || kAlways.contains(row.metric);
}

/// Trees that differ from `tree` in one thing, each figure divided by its own; empty if none was measured.
std::string variants(const Medians& medians, uint64_t entries, const Variants& which) {
  std::vector<const Medians::Row*> rows;
  std::set<std::string> names;
  for (const Medians::Row& row : medians.rows()) {
    if (row.at.entries != entries || !row.at.workload.starts_with(which.prefix)) continue;
    if (!which.metrics.contains(row.metric) || !figure(row, "tree")) continue;
    rows.push_back(&row);
    for (const auto& [engine, value] : row.by_engine) names.insert(engine);
  }
  for (const std::string& engine : kEngines) names.erase(engine);
  if (names.empty()) return {};
  std::string table = "### " + which.title + "\n\n| workload | tree |";
  std::string rule = "|---|---|";
  for (const std::string& name : names) {
    table += " " + name + " |";
    rule += "---|";
  }
  table += "\n" + rule + "\n";
  for (const Medians::Row* row : rows) {
    const double tree = *figure(*row, "tree");
    table += "| " + label(*row).substr(which.prefix.size()) + " | " + shown(row->metric, tree) + " |";
    for (const std::string& name : names) {
      const std::optional<double> value = figure(*row, name);
      table += " " + (value ? text("%.2f", *value / tree) : std::string("-")) + " |";
    }
    table += "\n";
  }
  return table + "\n";
}

}  // namespace

double median(std::vector<double> values) {
  COPPICE_CHECK(!values.empty());
  const auto middle = values.begin() + static_cast<ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

Medians::Medians(const std::vector<Measure>& measures) {
  std::map<std::pair<Case, std::string>, std::map<std::string, std::vector<double>>> values;
  for (const Measure& measure : measures) {
    auto& by_engine = values[{measure.at, measure.metric}];
    if (by_engine.empty()) rows_.push_back({measure.at, measure.metric, {}});
    by_engine[measure.engine].push_back(measure.value);
  }
  for (Row& row : rows_) {
    for (const auto& [engine, rounds] : values[{row.at, row.metric}]) row.by_engine[engine] = median(rounds);
  }
}

const Medians::Row* Medians::find(const Case& at, const std::string& metric) const {
  const auto found = std::find_if(rows_.begin(), rows_.end(),
                                  [&](const Row& row) { return row.at == at && row.metric == metric; });
  return found == rows_.end() ? nullptr : &*found;
}

std::vector<Verdict> judge(const Medians& medians, const Medians::Row& row, const std::vector<Goal>& goals) {
  std::vector<Verdict> verdicts;
  const std::optional<double> tree = figure(row, "tree");
  if (!tree) return verdicts;
  for (const Goal& goal : goals) {
    if (!concerns(goal, row)) continue;
    const std::optional<double> other = other_side(medians, row, goal.against);
    if (!other) continue;
    const double ratio = *tree / *other;
    verdicts.push_back(
        {&goal, ratio, more_is_better(row.metric) ? ratio >= goal.bound : ratio <= goal.bound});
  }
  return verdicts;
}

std::string report(const std::vector<Measure>& measures, const std::vector<Goal>& goals) {
  const Medians medians(measures);
  std::set<uint64_t> sizes;
  std::set<std::string> measured;
  for (const Measure& measure : measures) {
    sizes.insert(measure.at.entries);
    measured.insert(measure.engine);
  }
  std::string report;
  for (const uint64_t entries : sizes) {
    std::string rows;
    size_t met = 0;
    size_t judged = 0;
    for (const Medians::Row& row : medians.rows()) {
      if (row.at.entries != entries || is_of_variants(row)) continue;
      const std::vector<Verdict> verdicts = judge(medians, row, goals);
      if (!worth_a_row(row, verdicts)) continue;
      judged += verdicts.size();
      met += static_cast<size_t>(std::count_if(verdicts.begin(), verdicts.end(),
                                               [](const Verdict& verdict) { return verdict.met; }));
      rows += "| " + label(row) + " |";
      for (const std::string& engine : kEngines) {
        if (!measured.contains(engine)) continue;
        const std::optional<double> value = figure(row, engine);
        rows += " " + (value ? shown(row.metric, *value) : std::string("-")) + " |";
      }
      const std::optional<double> tree = figure(row, "tree");
      const std::optional<double> peers = best(row, {"rocksdb", "leveldb"});
      const auto [wishes, marks] = cells(verdicts);
      rows += " " + (tree && peers ? text("%.2f", *tree / *peers) : std::string("-")) + " | " + wishes +
              " | " + marks + " |\n";
    }
    report += "## " + std::to_string(entries) + " entries";
    if (judged > 0) report += ": " + std::to_string(met) + " of " + std::to_string(judged) + " goals met";
    report += "\n\n";
    if (!rows.empty()) report += head(measured) + rows + "\n";
    for (const Variants& each : kVariants) report += variants(medians, entries, each);
  }
  return report;
}

}  // namespace coppice::bench
