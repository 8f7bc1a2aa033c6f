#include <chrono>
#include <cstdio>
#include <thread>

#include "cluster/commands/event_text.hpp"
#include "cluster/commands/flags.hpp"
#include "cluster/text/quantity.hpp"

namespace coppice::cluster {
namespace {

/// How often a node is asked while its events are followed.
constexpr std::chrono::milliseconds kAskEvery{300};

struct EventsFlags {
  AddressFlag address;
  uint64_t since = 0;
  bool follow = false;
  bool json = false;
};

void print(const client::Events& events, bool as_json) {
  if (events.lost > 0 && as_json) {
    std::printf("{\"lost\":%s}\n", std::to_string(events.lost).c_str());
  } else if (events.lost > 0) {
    std::printf("%s before these are gone: a node keeps the last 1,024\n",
                count_text(events.lost, "event").c_str());
  }
  for (const client::Event& event : events.events)
    std::printf("%s\n", (as_json ? event_json(event) : event_line(event)).c_str());
  std::fflush(stdout);
}

Result<ExitCode> run(const EventsFlags& flags) {
  COPPICE_TRY_ASSIGN(client, flags.address.connect());
  uint64_t since = flags.since;
  for (;;) {
    COPPICE_TRY_ASSIGN(events, client->events(since));
    print(events, flags.json);
    if (!flags.follow) return ExitCode::done;
    // Whoever reads the pipe has had enough.
    if (std::ferror(stdout) != 0) return ExitCode::done;
    since = events.next;
    std::this_thread::sleep_for(kAskEvery);
  }
}

}  // namespace

void add_events(CLI::App& program, Action& chosen) {
  auto flags = std::make_shared<EventsFlags>();
  CLI::App* command = program.add_subcommand("events", "Say what has happened to the node's shards lately");
  command->add_option("--since", flags->since, "Only events of this sequence number and later");
  command->add_flag("-f,--follow", flags->follow, "Go on, and print events as they happen");
  add_json_flag(*command, flags->json);
  flags->address.add_to(*command);
  command->footer(
      "Flushes, merges, stalls, splits, errors, oldest first; times are UTC. A node keeps the last 1,024 "
      "and\n"
      "says how many it no longer has. With --json a line for each.\n\n"
      "Examples:\n  coppice events\n  coppice events --follow --json | jq 'select(.trouble)'");
  choose(*command, chosen, std::move(flags), run);
}

}  // namespace coppice::cluster
