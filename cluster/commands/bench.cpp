#include <cstdio>

#include <unistd.h>

#include "cluster/commands/bench_run.hpp"
#include "cluster/commands/flags.hpp"
#include "cluster/text/json.hpp"
#include "cluster/text/quantity.hpp"
#include "cluster/text/table.hpp"

namespace coppice::cluster {
namespace {

/// Keys of the bench, and no others, begin so.
constexpr const char* kPrefix = "coppice-bench/";

struct BenchFlags {
  AddressFlag address;
  DurabilityFlag durability;
  BenchOptions options;
  bool keep = false;
  bool json = false;
};

struct Line {
  const char* name;
  BenchCounts* counts;
};

double rate(const BenchCounts& counts, double seconds) {
  return seconds > 0 ? static_cast<double>(counts.count()) / seconds : 0;
}

void print_json(const BenchOptions& options, double seconds, const std::vector<Line>& lines) {
  JsonWriter json;
  json.begin_object().key("connections").number(uint64_t{options.connections});
  json.key("depth").number(uint64_t{options.depth}).key("threads").number(uint64_t{options.threads});
  json.key("valueSize").number(uint64_t{options.value_size}).key("keys").number(options.keys);
  json.key("seconds").number(seconds);
  for (const Line& line : lines) {
    json.key(line.name).begin_object().key("calls").number(line.counts->count());
    json.key("failures").number(line.counts->failures);
    json.key("callsPerSecond").number(rate(*line.counts, seconds));
    if (line.counts->count() > 0) {
      json.key("p50Us").number(uint64_t{line.counts->percentile_us(0.5)});
      json.key("p90Us").number(uint64_t{line.counts->percentile_us(0.9)});
      json.key("p99Us").number(uint64_t{line.counts->percentile_us(0.99)});
      json.key("maxUs").number(uint64_t{line.counts->percentile_us(1)});
    }
    json.end();
  }
  json.end();
  std::printf("%s\n", json.text().c_str());
}

void print_text(const BenchOptions& options, double seconds, const std::vector<Line>& lines) {
  std::printf("%s, %u deep, %s; values of %s, %s; %.1f s\n\n",
              count_text(options.connections, "connection").c_str(), options.depth,
              count_text(options.threads, "thread").c_str(), size_text(options.value_size).c_str(),
              count_text(options.keys, "key").c_str(), seconds);
  TextTable table({"", "calls", "a second", "p50 us", "p90 us", "p99 us", "max us", "failures"}, 1);
  for (const Line& line : lines) {
    if (line.counts->count() + line.counts->failures == 0) continue;
    const auto percentile = [&](double share) {
      return line.counts->count() > 0 ? count_text(line.counts->percentile_us(share)) : "-";
    };
    table.add({line.name, count_text(line.counts->count()),
               count_text(static_cast<uint64_t>(rate(*line.counts, seconds))), percentile(0.5),
               percentile(0.9), percentile(0.99), percentile(1), count_text(line.counts->failures)});
  }
  std::fputs(table.text().c_str(), stdout);
}

Result<ExitCode> run(const BenchFlags& flags) {
  BenchOptions options = flags.options;
  options.durability = flags.durability.durability;
  options.prefix = kPrefix;
  COPPICE_TRY_ASSIGN(client, flags.address.connect());
  if (::isatty(STDERR_FILENO) == 1)
    std::fprintf(stderr, "filling %s keys ...\n", count_text(options.keys).c_str());
  COPPICE_TRY(bench_fill(options, *client));

  const Connect connect = [&flags](const client::ClientOptions& how) { return flags.address.connect(how); };
  auto result = bench_run(options, connect);
  if (!flags.keep) COPPICE_TRY(client->delete_range(prefix_range(kPrefix)));
  COPPICE_TRY(result.status());

  const std::vector<Line> lines{{"get", &result->gets}, {"put", &result->puts}};
  flags.json ? print_json(options, result->seconds, lines) : print_text(options, result->seconds, lines);
  if (result->first_failure.ok()) return ExitCode::done;
  return Error(result->first_failure.error()).within("some calls failed, the first so");
}

}  // namespace

void add_bench(CLI::App& program, Action& chosen) {
  auto flags = std::make_shared<BenchFlags>();
  BenchOptions& options = flags->options;
  CLI::App* bench = program.add_subcommand("bench", "Measure how many calls a second a node answers");
  const auto number = [bench](const char* name, auto& value, auto least, auto most, const std::string& help) {
    const std::string bounds = ": " + std::to_string(least) + " to " + std::to_string(most);
    bench->add_option(name, value, help + bounds)
        ->check(CLI::Range(least, most).description(""))
        ->type_name("COUNT")
        ->capture_default_str();
  };
  number("-c,--connections", options.connections, 1u, 10'000u, "Connections");
  number("-q,--depth", options.depth, 1u, 1024u, "Calls under way on each");
  number("-t,--threads", options.threads, 1u, 256u, "Threads that drive them");
  number("-g,--gets", options.get_percent, 0u, 100u, "Gets among 100 calls, the others being puts");
  number("--value-size", options.value_size, 0u, 1u << 20, "Bytes in a value");
  number("--keys", options.keys, uint64_t{1}, uint64_t{1'000'000'000}, "Keys, all alike often");
  number("--seconds", options.seconds, 1u, 86'400u, "How long to measure");
  bench->add_option("--seed", options.seed, "Of the random choice of keys and calls")->type_name("NUMBER");
  bench->add_flag("--keep", flags->keep, "Leave the keys in the store");
  flags->durability.add_to(*bench);
  add_json_flag(*bench, flags->json);
  flags->address.add_to(*bench);
  bench->footer(
      "Puts its keys first (all begin with coppice-bench/) and deletes them at the end. Times are from a "
      "call's\n"
      "beginning to its answer, as this process sees them; both share the machine's processors.\n\n"
      "Examples:\n  coppice bench --connections 50 --gets 95\n  coppice bench --depth 64 --gets 0 "
      "--durability buffered");
  choose(*bench, chosen, std::move(flags), run);
}

}  // namespace coppice::cluster
