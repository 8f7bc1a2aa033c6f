// Reads what engine_bench measured; prints the table, and writes the plots' data beside the measures.
#include <cstdio>
#include <fstream>

#include "tests/bench/plots.hpp"
#include "tests/bench/table.hpp"

namespace coppice::bench {
namespace {

int run(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: bench_report DIRECTORY, where engine_bench has written measures.jsonl\n");
    return 2;
  }
  const std::string path = std::string(argv[1]) + "/measures.jsonl";
  std::ifstream in(path);
  std::vector<Measure> measures;
  for (std::string line; std::getline(in, line);) {
    Result<Measure> measure = measure_from_json(line);
    if (!measure.ok()) {
      std::fprintf(stderr, "bench_report: %s: %s\n", path.c_str(), to_string(measure.error()).c_str());
      return 1;
    }
    measures.push_back(std::move(measure).value());
  }
  if (measures.empty()) {
    std::fprintf(stderr, "bench_report: there is nothing in %s: run ./dev bench engine first\n",
                 path.c_str());
    return 1;
  }
  for (const PlotData& plot : plot_data(measures, goals())) {
    std::ofstream(std::string(argv[1]) + "/" + plot.name + ".dat") << plot.text;
  }
  std::fputs(report(measures, goals()).c_str(), stdout);
  return 0;
}

}  // namespace
}  // namespace coppice::bench

int main(int argc, char** argv) { return coppice::bench::run(argc, argv); }
