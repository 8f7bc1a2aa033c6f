// Runs every workload on every engine in turn, several rounds, and prints medians and their ratios.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include <CLI/CLI.hpp>

#include "tests/bench/workloads.hpp"

namespace coppice::bench {

void give_up(const std::string& what) {
  std::fprintf(stderr, "engine_bench: %s\n", what.c_str());
  std::exit(1);
}

uint64_t bytes_handed_to_write_calls() {
  std::ifstream io("/proc/self/io");
  std::string name;
  uint64_t value = 0;
  while (io >> name >> value) {
    if (name == "wchar:") return value;
  }
  give_up("/proc/self/io does not tell how much was written");
}

namespace {

namespace fs = std::filesystem;

struct Plan {
  Scale scale;
  Settings settings;
  unsigned rounds = 3;
  std::string directory = "build/bench";
  std::vector<std::string> engines{"tree", "store", "rocksdb", "leveldb", "lmdb"};
  std::vector<std::string> workloads;
};

const std::vector<Contender> kContenders{{"tree", open_tree},
                                         {"store", open_store},
                                         {"rocksdb", open_rocksdb},
                                         {"leveldb", open_leveldb},
                                         {"lmdb", open_lmdb}};

/// Rates in operations per second, one a round, by workload and engine.
using Rates = std::map<std::string, std::map<std::string, std::vector<double>>>;

bool wanted(const std::vector<std::string>& names, const std::string& name) {
  return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void run_round(const Plan& plan, const Contender& contender, Rates& rates) {
  const std::string directory = plan.directory + "/" + contender.name;
  std::unique_ptr<Engine> engine;
  for (const Workload& workload : workloads()) {
    if (workload.fresh) {
      engine.reset();
      fs::remove_all(directory);
      fs::create_directories(plan.directory);
      engine = contender.open(directory, plan.settings);
    }
    const bool preparation = workload.name.starts_with("(");
    if (!preparation && !wanted(plan.workloads, workload.name)) continue;
    const Measure measure = workload.run(*engine, plan.scale);
    if (preparation) continue;
    rates[workload.name][contender.name].push_back(measure.per_second());
    std::fprintf(stderr, "%-10s %-18s %12.0f /s\n", contender.name.c_str(), workload.name.c_str(),
                 measure.per_second());
  }
  engine.reset();
  fs::remove_all(directory);
}

void print_table(const Plan& plan, const Rates& rates) {
  std::printf("| workload (thousand a second) |");
  for (const std::string& name : plan.engines) std::printf(" %s |", name.c_str());
  std::printf(" tree to the better peer |\n|---|");
  for (size_t i = 0; i <= plan.engines.size(); ++i) std::printf("---|");
  std::printf("\n");
  for (const Workload& workload : workloads()) {
    const auto row = rates.find(workload.name);
    if (row == rates.end()) continue;
    std::printf("| %s |", workload.name.c_str());
    std::map<std::string, double> medians;
    for (const std::string& name : plan.engines) {
      medians[name] = median(row->second.at(name));
      std::printf(" %.1f |", medians[name] / 1000);
    }
    const double peer = std::max(medians["rocksdb"], medians["leveldb"]);
    if (peer > 0 && medians["tree"] > 0) {
      std::printf(" %.2f |\n", medians["tree"] / peer);
    } else {
      std::printf(" - |\n");
    }
  }
}

int run(int argc, char** argv) {
  Plan plan;
  CLI::App app("Engine workloads in db_bench's terms, for Coppice and its peers in one run");
  app.add_option("--entries", plan.scale.entries, "Keys in the database")->capture_default_str();
  app.add_option("--reads", plan.scale.reads, "Point reads in each workload that reads")
      ->capture_default_str();
  app.add_option("--cache", plan.settings.cache_size, "Of blocks, bytes; LMDB uses the system's")
      ->transform(CLI::AsSizeValue(false))
      ->capture_default_str();
  app.add_option("--rounds", plan.rounds, "Runs of everything; medians are printed")->capture_default_str();
  app.add_option("--directory", plan.directory, "Where databases are made and removed")
      ->capture_default_str();
  app.add_option("--engines", plan.engines, "Which engines")->delimiter(',')->capture_default_str();
  app.add_option("--workloads", plan.workloads, "Which workloads; all if none is named")->delimiter(',');
  CLI11_PARSE(app, argc, argv);

  Rates rates;
  for (unsigned round = 0; round < plan.rounds; ++round) {
    for (const std::string& name : plan.engines) {
      const auto contender = std::find_if(kContenders.begin(), kContenders.end(),
                                          [&](const Contender& candidate) { return candidate.name == name; });
      if (contender == kContenders.end()) give_up("there is no engine '" + name + "'");
      run_round(plan, *contender, rates);
    }
  }
  print_table(plan, rates);
  return 0;
}

}  // namespace
}  // namespace coppice::bench

int main(int argc, char** argv) { return coppice::bench::run(argc, argv); }
