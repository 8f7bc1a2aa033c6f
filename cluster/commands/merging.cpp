// compact and merging: a merge by hand, and whether merges come by themselves.
#include <array>
#include <chrono>
#include <cstdio>

#include <unistd.h>

#include "cluster/commands/flags.hpp"
#include "cluster/text/json.hpp"
#include "cluster/text/quantity.hpp"

namespace coppice::cluster {
namespace {

struct CompactFlags {
  AddressFlag address;
  EncodingFlags encoding;
  RangeFlags range;
  bool json = false;
};

struct MergingFlags {
  AddressFlag address;
  std::string what;
  uint64_t cancel = 0;
  bool json = false;
};

std::string progress_text(const client::RangeMerge& merge) {
  const uint64_t percent = merge.bytes == 0 ? 0 : merge.bytes_done * 100 / merge.bytes;
  return count_text(merge.tables_done) + " of about " + count_text(merge.tables, "table") + ", " +
         size_text(merge.bytes_done) + " of " + size_text(merge.bytes) + " (" + std::to_string(percent) +
         " %)";
}

void write_merge(JsonWriter& json, const client::RangeMerge& merge) {
  json.begin_object().key("id").number(merge.id);
  json.key("from").string(encode(merge.range.begin, Encoding::escaped));
  if (merge.range.end) json.key("before").string(encode(*merge.range.end, Encoding::escaped));
  json.key("tablesDone").number(merge.tables_done).key("tables").number(merge.tables);
  json.key("bytesDone").number(merge.bytes_done).key("bytes").number(merge.bytes).end();
}

Result<ExitCode> compact(const CompactFlags& flags) {
  COPPICE_TRY_ASSIGN(range, flags.range.range(flags.encoding));
  COPPICE_TRY_ASSIGN(client, flags.address.connect());
  const bool visible = ::isatty(STDERR_FILENO) == 1;
  const auto begun = std::chrono::steady_clock::now();
  client::RangeMerge last;
  const Status merged = client->compact(range, [&](const client::RangeMerge& merge) {
    last = merge;
    if (visible)
      std::fprintf(stderr, "\r\x1b[Kmerge %s: %s", std::to_string(merge.id).c_str(),
                   progress_text(merge).c_str());
    return true;
  });
  if (visible) std::fputs("\r\x1b[K", stderr);
  COPPICE_TRY(merged);
  if (!flags.json) return ExitCode::done;
  const auto took = std::chrono::steady_clock::now() - begun;
  JsonWriter json;
  json.begin_object().key("id").number(last.id).key("milliseconds");
  json.number(static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(took).count()))
      .end();
  std::printf("%s\n", json.text().c_str());
  return ExitCode::done;
}

constexpr std::array<const char*, 4> kStates{"on", "off", "paused", "stopped"};

void print_merging(const client::Stats& stats, bool as_json) {
  const char* state = kStates[static_cast<size_t>(stats.merging)];
  if (as_json) {
    JsonWriter json;
    json.begin_object().key("merging").string(state).key("merges").begin_array();
    for (const client::RangeMerge& merge : stats.merges) write_merge(json, merge);
    json.end().end();
    std::printf("%s\n", json.text().c_str());
    return;
  }
  std::printf("merging is %s\n", state);
  for (const client::RangeMerge& merge : stats.merges)
    std::printf("merge %s, of keys from %s to %s: %s\n", std::to_string(merge.id).c_str(),
                merge.range.begin.empty() ? "the first" : printable(merge.range.begin).c_str(),
                merge.range.end ? printable(*merge.range.end).c_str() : "the last",
                progress_text(merge).c_str());
}

Result<ExitCode> merging(const MergingFlags& flags) {
  COPPICE_TRY_ASSIGN(client, flags.address.connect());
  if (flags.cancel != 0) COPPICE_TRY(client->cancel_merge(flags.cancel));
  constexpr std::array<const char*, 4> kVerbs{"on", "off", "pause", "stop"};
  for (size_t i = 0; i < kVerbs.size(); ++i)
    if (flags.what == kVerbs[i]) COPPICE_TRY(client->set_merging(static_cast<client::Merging>(i)));
  COPPICE_TRY_ASSIGN(stats, client->stats());
  print_merging(stats, flags.json);
  return ExitCode::done;
}

}  // namespace

void add_compact(CLI::App& program, Action& chosen) {
  auto flags = std::make_shared<CompactFlags>();
  CLI::App* command = program.add_subcommand("compact", "Merge tables down to the last level");
  flags->range.add_to(*command, "Merge the tables with");
  flags->encoding.add_to(*command);
  add_json_flag(*command, flags->json);
  flags->address.add_to(*command);
  command->footer(
      "Gives the space of deleted and overwritten values back. The node merges by itself as it needs to; "
      "this\n"
      "does all of it now, says on a terminal how far it is, and returns when it is done. Ctrl-C ends the "
      "merge,\n"
      "and so does `coppice merging --cancel ID`: what was merged stays so, nothing is lost.\n\n"
      "Examples:\n  coppice compact\n  coppice compact --prefix bash/");
  choose(*command, chosen, std::move(flags), compact);
}

void add_merging(CLI::App& program, Action& chosen) {
  auto flags = std::make_shared<MergingFlags>();
  CLI::App* command = program.add_subcommand("merging", "Say or set whether the node merges by itself");
  command->add_option("what", flags->what, "on, off, pause or stop; without it nothing is changed")
      ->check(CLI::IsMember({"on", "off", "pause", "stop"}))
      ->type_name("WHAT");
  command->add_option("--cancel", flags->cancel, "End this merge of a range: an id that is listed")
      ->type_name("ID");
  add_json_flag(*command, flags->json);
  flags->address.add_to(*command);
  command->footer(
      "  on     what is due is merged\n"
      "  off    nothing is merged unless `coppice compact` asks for it; what is under way ends\n"
      "  pause  merges under way hold still, none begins; on or off lets them go on from there\n"
      "  stop   merges under way are given up, and their outputs removed; returns when none is left\n\n"
      "Writes go on, and are flushed. While it is not on they are not slowed down for merges, but refused "
      "once a\n"
      "read would meet 256 tables (with the defaults) in level 0. What is overwritten or deleted keeps its "
      "space "
      "until\n"
      "it is on, or `coppice compact` comes; values that lie apart leave garbage, which `coppice stats` "
      "shows. "
      "Lasts\n"
      "until the node ends: the setting `merging` says how it begins.\n\n"
      "Examples:\n  coppice merging\n  coppice merging off && coppice load big.tsv; coppice merging on");
  choose(*command, chosen, std::move(flags), merging);
}

}  // namespace coppice::cluster
