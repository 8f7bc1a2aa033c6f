#include <unistd.h>

#include "cluster/commands/flags.hpp"
#include "cluster/commands/output.hpp"
#include "cluster/text/json.hpp"

namespace coppice::cluster {
namespace {

struct GetFlags {
  AddressFlag address;
  EncodingFlags encoding;
  std::string key;
  bool json = false;
};

Bytes json_of(ByteView key, ByteView value) {
  JsonWriter json;
  json.begin_object().key("key").string(encode(key, Encoding::escaped));
  json.key("value").string(encode(value, Encoding::escaped)).end();
  return json.text() + '\n';
}

Result<ExitCode> run(const GetFlags& flags) {
  COPPICE_TRY_ASSIGN(key, flags.encoding.bytes_of(flags.key, "the key"));
  COPPICE_TRY(check_key(key));
  COPPICE_TRY_ASSIGN(client, flags.address.connect());
  COPPICE_TRY_ASSIGN(value, client->get(key));
  if (!value) return ExitCode::absent;

  Output output(STDOUT_FILENO);
  if (flags.json) {
    COPPICE_TRY(output.write(json_of(key, *value)));
  } else {
    COPPICE_TRY(output.write(encode(*value, flags.encoding.encoding)));
    // A script gets the value and nothing else.
    if (output.is_terminal() || flags.encoding.encoding != Encoding::raw) COPPICE_TRY(output.write("\n"));
  }
  COPPICE_TRY(output.flush());
  return ExitCode::done;
}

}  // namespace

void add_get(CLI::App& program, Action& chosen) {
  auto flags = std::make_shared<GetFlags>();
  CLI::App* get = program.add_subcommand("get", "Print the value of a key");
  get->add_option("key", flags->key, "The key")->required();
  flags->encoding.add_to(*get);
  add_json_flag(*get, flags->json);
  flags->address.add_to(*get);
  get->footer(
      "Prints the value's bytes and nothing else; on a terminal, and with --escaped or --hex, a line end "
      "too.\n"
      "No such key: prints nothing, exit code 1. In JSON, keys and values are written as with --escaped.\n\n"
      "Example:\n  coppice get bash/version");
  choose(*get, chosen, std::move(flags), run);
}

}  // namespace coppice::cluster
