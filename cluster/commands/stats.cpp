#include <cstdio>

#include "cluster/commands/flags.hpp"
#include "cluster/commands/stats_text.hpp"

namespace coppice::cluster {
namespace {

struct StatsFlags {
  AddressFlag address;
  bool json = false;
};

Result<ExitCode> run(const StatsFlags& flags) {
  COPPICE_TRY_ASSIGN(client, flags.address.connect());
  COPPICE_TRY_ASSIGN(stats, client->stats());
  const std::string text = flags.json ? stats_json(stats) + "\n" : stats_text(stats);
  std::fputs(text.c_str(), stdout);
  return ExitCode::done;
}

}  // namespace

void add_stats(CLI::App& program, Action& chosen) {
  auto flags = std::make_shared<StatsFlags>();
  CLI::App* stats = program.add_subcommand("stats", "Say what the node and its shards are doing");
  add_json_flag(*stats, flags->json);
  flags->address.add_to(*stats);
  stats->footer(
      "Counts are since the node started, sizes are of now. A group is one append to a shard's log, with "
      "all\n"
      "the writes that waited for it. To merge are bytes that merges have still to write, about; debt says "
      "how far\n"
      "they are behind: it slows writes, and at 100 % they are refused. What a key asks of tables and blocks "
      "is\n"
      "that of one read in 64, picked by chance; all other counts are of all. Latencies are those of get "
      "and\n"
      "get_many in the tree, likewise, of every scan page, write, sync, flush and merge.\n\n"
      "Examples:\n  coppice stats\n  coppice stats --json");
  choose(*stats, chosen, std::move(flags), run);
}

}  // namespace coppice::cluster
