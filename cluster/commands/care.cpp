// split, flush, compact and verify: one call of a node each, over a key or a range.
#include <cstdio>

#include "cluster/commands/flags.hpp"
#include "cluster/text/json.hpp"
#include "cluster/text/quantity.hpp"

namespace coppice::cluster {
namespace {

struct CareFlags {
  AddressFlag address;
  EncodingFlags encoding;
  RangeFlags range;
  std::string key;
  bool json = false;
};

Result<ExitCode> split(const CareFlags& flags) {
  COPPICE_TRY_ASSIGN(key, flags.encoding.bytes_of(flags.key, "the key"));
  COPPICE_TRY(check_key(key));
  COPPICE_TRY_ASSIGN(client, flags.address.connect());
  COPPICE_TRY_ASSIGN(shards, client->split(key));
  if (flags.json) {
    JsonWriter json;
    json.begin_object().key("left").number(shards.left).key("right").number(shards.right).end();
    std::printf("%s\n", json.text().c_str());
  } else {
    std::printf("shard %s has the keys before %s, shard %s the others\n", std::to_string(shards.left).c_str(),
                printable(key).c_str(), std::to_string(shards.right).c_str());
  }
  return ExitCode::done;
}

Result<ExitCode> flush(const CareFlags& flags) {
  COPPICE_TRY_ASSIGN(range, flags.range.range(flags.encoding));
  COPPICE_TRY_ASSIGN(client, flags.address.connect());
  COPPICE_TRY(client->flush(range));
  return ExitCode::done;
}

Result<ExitCode> compact(const CareFlags& flags) {
  COPPICE_TRY_ASSIGN(range, flags.range.range(flags.encoding));
  COPPICE_TRY_ASSIGN(client, flags.address.connect());
  COPPICE_TRY(client->compact(range));
  return ExitCode::done;
}

void print_report(const client::VerifyReport& report, bool as_json) {
  if (as_json) {
    JsonWriter json;
    json.begin_object().key("tables").number(report.tables).key("blocks").number(report.blocks);
    json.key("entries")
        .number(report.entries)
        .key("bytes")
        .number(report.bytes)
        .key("problems")
        .begin_array();
    for (const std::string& problem : report.problems) json.string(encode(problem, Encoding::escaped));
    json.end().end();
    std::printf("%s\n", json.text().c_str());
    return;
  }
  std::printf("read %s, %s, %s entries, %s\n", count_text(report.tables, "table").c_str(),
              count_text(report.blocks, "block").c_str(), count_text(report.entries).c_str(),
              size_text(report.bytes).c_str());
  for (const std::string& problem : report.problems) std::printf("problem: %s\n", problem.c_str());
  std::puts(report.problems.empty() ? "all is well" : "the store is damaged");
}

Result<ExitCode> verify(const CareFlags& flags) {
  COPPICE_TRY_ASSIGN(range, flags.range.range(flags.encoding));
  COPPICE_TRY_ASSIGN(client, flags.address.connect());
  COPPICE_TRY_ASSIGN(report, client->verify(range));
  print_report(report, flags.json);
  return report.problems.empty() ? ExitCode::done : ExitCode::damaged;
}

}  // namespace

void add_split(CLI::App& program, Action& chosen) {
  auto flags = std::make_shared<CareFlags>();
  CLI::App* command = program.add_subcommand("split", "Cut a shard in two at a key");
  command->add_option("key", flags->key, "The first key of the right half")->required();
  flags->encoding.add_to(*command);
  add_json_flag(*command, flags->json);
  flags->address.add_to(*command);
  command->footer(
      "Reads go on meanwhile, writes wait for a moment, none is lost. A key that is the first of a shard\n"
      "already is refused.\n\n"
      "Example:\n  coppice split m");
  choose(*command, chosen, std::move(flags), split);
}

void add_flush(CLI::App& program, Action& chosen) {
  auto flags = std::make_shared<CareFlags>();
  CLI::App* command = program.add_subcommand("flush", "Write what is in memory to tables");
  flags->range.add_to(*command, "Flush the shards with");
  flags->encoding.add_to(*command);
  flags->address.add_to(*command);
  command->footer("Not needed for safety: acknowledged writes are in the log.\n\nExample:\n  coppice flush");
  choose(*command, chosen, std::move(flags), flush);
}

void add_compact(CLI::App& program, Action& chosen) {
  auto flags = std::make_shared<CareFlags>();
  CLI::App* command = program.add_subcommand("compact", "Merge tables down to the last level");
  flags->range.add_to(*command, "Merge the tables with");
  flags->encoding.add_to(*command);
  flags->address.add_to(*command);
  command->footer(
      "Gives the space of deleted and overwritten values back. The node merges by itself as it needs to; "
      "this\n"
      "does all of it now, and returns when it is done.\n\n"
      "Examples:\n  coppice compact\n  coppice compact --prefix bash/");
  choose(*command, chosen, std::move(flags), compact);
}

void add_verify(CLI::App& program, Action& chosen) {
  auto flags = std::make_shared<CareFlags>();
  CLI::App* command = program.add_subcommand("verify", "Read every table and check all of it");
  flags->range.add_to(*command, "Check the tables with");
  flags->encoding.add_to(*command);
  add_json_flag(*command, flags->json);
  flags->address.add_to(*command);
  command->footer(
      "Checks checksums, order, ranges and counts while the node serves. Problems are printed, each with "
      "its\n"
      "file, offset and what to do; exit code 4 if there are any.\n\n"
      "Example:\n  coppice verify && coppice dump > backup.tsv");
  choose(*command, chosen, std::move(flags), verify);
}

}  // namespace coppice::cluster
