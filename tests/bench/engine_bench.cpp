// Runs every workload on every engine, several rounds of them, each suite in a process of its own, so that one engine's
// memory and threads do not disturb the next.
#include <algorithm>
#include <cstdio>
#include <cstring>

#include <CLI/CLI.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/plan.hpp"

namespace coppice::bench {
namespace {

namespace fs = std::filesystem;

/// What a child process is told to do.
struct Part {
  bool prepare = false;
  std::string suite;
  std::string engine;
  unsigned round = 0;
};

/// Runs this program again with `more` behind its arguments; whether it succeeded.
bool run_child(int argc, char** argv, const std::vector<std::string>& more) {
  std::vector<std::string> arguments(argv, argv + argc);
  arguments.insert(arguments.end(), more.begin(), more.end());
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    ::execv("/proc/self/exe", pointers.data());
    ::_exit(127);
  }
  int outcome = 0;
  return child > 0 && ::waitpid(child, &outcome, 0) == child && outcome == 0;
}

bool needs_prepared(const Plan& plan, const Contender& contender) {
  return std::any_of(suites().begin(), suites().end(), [&](const Suite& suite) {
    const bool copies = suite.start == Suite::Start::prepared || suite.start == Suite::Start::closed;
    return copies && !wanted_runs(plan, suite, contender).empty();
  });
}

/// Engines take turns within each suite, so that what else happens on the machine meets them all.
int run_all(const Plan& plan, int argc, char** argv) {
  fs::create_directories(plan.out);
  if (!plan.add) fs::remove(measures_path(plan));
  bool all_well = true;
  for (const std::string& engine : plan.engines) {
    if (!needs_prepared(plan, contender_of(engine))) continue;
    all_well &= run_child(argc, argv, {"--only-prepare", "--only-engine", engine});
  }
  for (unsigned round = 0; round < plan.rounds; ++round) {
    for (const Suite& suite : suites()) {
      for (const std::string& engine : plan.engines) {
        if (wanted_runs(plan, suite, contender_of(engine)).empty()) continue;
        all_well &= run_child(
            argc, argv,
            {"--only-suite", suite.name, "--only-engine", engine, "--only-round", std::to_string(round)});
      }
    }
  }
  fs::remove_all(plan.directory);
  return all_well ? 0 : 1;
}

int run_part(const Plan& plan, const Part& part) {
  const Contender& contender = contender_of(part.engine);
  if (part.prepare) {
    prepare_database(plan, contender);
    return 0;
  }
  const auto suite = std::find_if(suites().begin(), suites().end(),
                                  [&](const Suite& candidate) { return candidate.name == part.suite; });
  if (suite == suites().end()) give_up("there is no suite '" + part.suite + "'");
  run_suite(plan, *suite, contender, part.round);
  return 0;
}

int run(int argc, char** argv) {
  Plan plan;
  Part part;
  bool quick = false;
  bool large = false;
  CLI::App app("Engine workloads in db_bench's and YCSB's terms, for Coppice and its peers in one run");
  app.add_option("--entries", plan.scale.entries, "Keys in the database")->capture_default_str();
  app.add_option("--seconds", plan.scale.seconds, "How long each workload reads")->capture_default_str();
  app.add_option("--cache", plan.settings.cache_size, "Of blocks, bytes; LMDB uses the system's")
      ->transform(CLI::AsSizeValue(false))
      ->capture_default_str();
  app.add_option("--value-size", plan.scale.value_size, "Bytes of each value")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  app.add_option("--value-threshold", plan.settings.value_threshold,
                 "Values so large lie apart from their keys, where the engine can; 0: none")
      ->capture_default_str();
  app.add_option("--write-buffer", plan.settings.write_buffer_size, "Of a memtable, bytes")
      ->transform(CLI::AsSizeValue(false))
      ->capture_default_str();
  app.add_option("--rounds", plan.rounds, "Runs of everything; medians are reported")->capture_default_str();
  const CLI::Option* const engines =
      app.add_option("--engines", plan.engines, "Which engines; all if none is named")->delimiter(',');
  app.add_option("--suites", plan.suites, "Which suites; all if none is named")->delimiter(',');
  app.add_option("--workloads", plan.workloads, "Which workloads; all if none is named")->delimiter(',');
  app.add_option("--threads", plan.threads, "Only runs with so many threads")->delimiter(',');
  app.add_option("--directory", plan.directory, "Where databases are made and removed")
      ->capture_default_str();
  app.add_option("--out", plan.out, "Where measures.jsonl is written")->capture_default_str();
  app.add_flag("--add", plan.add, "Keep the measures that are there");
  app.add_flag("--quick", quick, "A round of a minute, to see that all works: no figures to go by");
  app.add_flag("--large", large, "10 million entries");
  // For the processes that this one starts.
  app.add_flag("--only-prepare", part.prepare)->group("");
  app.add_option("--only-suite", part.suite)->group("");
  app.add_option("--only-engine", part.engine)->group("");
  app.add_option("--only-round", part.round)->group("");
  CLI11_PARSE(app, argc, argv);
  plan.engines_named = engines->count() > 0;
  if (!plan.engines_named)
    for (const Contender& contender : contenders()) plan.engines.push_back(contender.name);
  if (quick) {
    plan.rounds = 1;
    plan.scale = {.entries = 200'000,
                  .seconds = 0.1,
                  .write_seconds = 0.4,
                  .fill_seconds = 0.5,
                  .overwrite_seconds = 2};
  }
  if (large) {
    plan.scale.entries = 10'000'000;
    plan.scale.seconds *= 3;
    plan.scale.write_seconds *= 10;
    plan.scale.fill_seconds *= 10;
    plan.scale.overwrite_seconds *= 10;
  }
  return part.engine.empty() ? run_all(plan, argc, argv) : run_part(plan, part);
}

}  // namespace
}  // namespace coppice::bench

int main(int argc, char** argv) { return coppice::bench::run(argc, argv); }
