// split and flush: one call of a node each, over a key or a range.
#include <cstdio>

#include "cluster/commands/flags.hpp"
#include "cluster/text/json.hpp"

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

}  // namespace coppice::cluster
