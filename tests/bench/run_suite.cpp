#include <algorithm>
#include <cstdio>
#include <fstream>

#include <unistd.h>

#include "schema/check.hpp"
#include "tests/bench/data.hpp"
#include "tests/bench/plan.hpp"

namespace coppice::bench {
namespace {

namespace fs = std::filesystem;

template <class T>
bool wanted(const std::vector<T>& named, const T& one) {
  return named.empty() || std::find(named.begin(), named.end(), one) != named.end();
}

fs::path prepared_path(const Plan& plan, const Contender& contender) {
  return fs::path(plan.directory) / "prepared" / contender.name;
}

void print(const Measure& measure) {
  if (measure.metric != "rate" && measure.metric != "seconds") return;
  std::fprintf(stderr, "%-8s %-16s %u %s %14.*f %s\n", measure.engine.c_str(), measure.at.workload.c_str(),
               measure.at.threads, measure.at.small_cache ? "small" : "     ",
               measure.metric == "rate" ? 0 : 4, measure.value, measure.metric == "rate" ? "/s" : "s");
}

/// Each run's database, as the suite says.
void begin(Suite::Start start, bool first, const fs::path& prepared, Stand& stand) {
  if (start == Suite::Start::prepared && !first) return;
  stand.close();
  fs::remove_all(stand.directory);
  if (start == Suite::Start::prepared || start == Suite::Start::closed) {
    fs::copy(prepared, stand.directory, fs::copy_options::recursive);
  }
  // What earlier runs left to be written is not written during this one.
  ::sync();
  if (start == Suite::Start::prepared || start == Suite::Start::empty) stand.open();
  // So that all blocks that fit are cached.
  if (start == Suite::Start::prepared) stand.engine().scan({}, UINT64_MAX);
}

/// Whether the engine has a part in the suite if nobody named it.
bool takes_part(const Contender& contender, const Suite& suite, bool suite_named) {
  switch (contender.role) {
    case Role::engine:
      if (suite.of_features || suite.named_only) return contender.name == "tree";
      return contender.name != "store" || suite.with_store || suite_named;
    case Role::feature:
      return suite.of_features;
    case Role::preset:
      return suite.named_only;
  }
  COPPICE_CHECK(false);
}

}  // namespace

std::string measures_path(const Plan& plan) { return plan.out + "/measures.jsonl"; }

std::vector<std::pair<Workload, unsigned>> wanted_runs(const Plan& plan, const Suite& suite,
                                                       const Contender& contender) {
  std::vector<std::pair<Workload, unsigned>> runs;
  if (!wanted(plan.suites, suite.name) || (suite.named_only && plan.suites.empty())) return runs;
  const bool suite_named = !plan.suites.empty() || !plan.workloads.empty();
  if (!plan.engines_named && !takes_part(contender, suite, suite_named)) return runs;
  for (const Workload& workload : suite.workloads) {
    if (!wanted(plan.workloads, workload.name)) continue;
    for (const unsigned threads : workload.threads) {
      if (wanted(plan.threads, threads)) runs.emplace_back(workload, threads);
    }
  }
  return runs;
}

void prepare_database(const Plan& plan, const Contender& contender) {
  std::vector<Measure> measures;
  const fs::path directory = prepared_path(plan, contender);
  fs::remove_all(directory);
  fs::create_directories(directory.parent_path());
  Stand stand(contender, directory, plan.settings, plan.scale, measures);
  stand.open();
  prepare(stand);
}

void run_suite(const Plan& plan, const Suite& suite, const Contender& contender, unsigned round) {
  std::vector<Measure> measures;
  const fs::path directory = fs::path(plan.directory) / contender.name;
  fs::create_directories(plan.directory);
  Settings settings = plan.settings;
  const uint64_t data_size = plan.scale.entries * plan.scale.entry_size();
  if (suite.small_cache) settings.cache_size = data_size / 4;
  settings.cache_holds_all = settings.cache_size > data_size;
  Stand stand(contender, directory, settings, plan.scale, measures);
  bool first = true;
  for (const auto& [workload, threads] : wanted_runs(plan, suite, contender)) {
    stand.at = {workload.name, threads, plan.scale.entries, suite.small_cache};
    begin(suite.start, first, prepared_path(plan, contender), stand);
    workload.run(stand);
    first = false;
  }
  stand.close();
  fs::remove_all(directory);

  std::ofstream out(measures_path(plan), std::ios::app);
  for (Measure& measure : measures) {
    measure.round = round;
    print(measure);
    out << to_json(measure) << '\n';
  }
  if (!out.flush()) give_up("cannot write to " + measures_path(plan));
}

}  // namespace coppice::bench
