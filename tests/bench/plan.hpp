// What a run of the benchmark was asked to do.
#pragma once

#include <string>
#include <vector>

#include "tests/bench/workloads.hpp"

namespace coppice::bench {

struct Plan {
  Scale scale;
  Settings settings;
  unsigned rounds = 3;
  /// Where databases are made and removed.
  std::string directory = "build/bench/databases";
  /// Gets measures.jsonl.
  std::string out = "build/bench/results";
  /// Keeps what is in there.
  bool add = false;
  std::vector<std::string> engines;
  /// They were asked for by name, so each takes part in whatever is asked for.
  bool engines_named = false;
  // All, if none is named.
  std::vector<std::string> suites;
  std::vector<std::string> workloads;
  std::vector<unsigned> threads;
};

const std::vector<Contender>& contenders();
/// Ends the program if there is no such.
const Contender& contender_of(const std::string& name);

std::string measures_path(const Plan& plan);

/// The runs of `suite` that the plan wants of this engine.
std::vector<std::pair<Workload, unsigned>> wanted_runs(const Plan& plan, const Suite& suite,
                                                       const Contender& contender);

/// Makes the database that others copy.
void prepare_database(const Plan& plan, const Contender& contender);

/// Runs one suite on one engine, in this process, and adds what was measured to the plan's file.
void run_suite(const Plan& plan, const Suite& suite, const Contender& contender, unsigned round);

}  // namespace coppice::bench
