// split, flush and checkpoint: one call of a node each.
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

Result<ExitCode> checkpoint(const CareFlags& flags) {
  COPPICE_TRY_ASSIGN(client, flags.address.connect());
  COPPICE_TRY_ASSIGN(made, client->checkpoint(flags.key));
  if (flags.json) {
    JsonWriter json;
    json.begin_object().key("directory").string(encode(made.directory, Encoding::escaped));
    json.key("timestamp").number(made.timestamp.raw).end();
    std::printf("%s\n", json.text().c_str());
  } else {
    std::printf("%s\n", made.directory.c_str());
  }
  return ExitCode::done;
}

}  // namespace

void add_checkpoint(CLI::App& program, Action& chosen) {
  auto flags = std::make_shared<CareFlags>();
  CLI::App* command = program.add_subcommand("checkpoint", "Make a second store of one moment, by links");
  command->add_option("name", flags->key, "Of the new directory, among the node's checkpoints")->required();
  add_json_flag(*command, flags->json);
  flags->address.add_to(*command);
  command->footer(
      "Prints the directory, on the node's machine: \"checkpoints/NAME\" in its data. It holds what the node "
      "held at\n"
      "one moment, shares its tables, and so takes no room at first. Copy it away, or serve it with serve "
      "--data;\n"
      "remove it to give its room back.\n\n"
      "Example:\n  coppice checkpoint before-upgrade");
  choose(*command, chosen, std::move(flags), checkpoint);
}

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
  command->footer(
      "Not needed for safety: acknowledged writes are in the log. Logs that are not needed any more are "
      "removed.\n\n"
      "Example:\n  coppice flush");
  choose(*command, chosen, std::move(flags), flush);
}

}  // namespace coppice::cluster
