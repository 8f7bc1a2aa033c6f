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
  AtFlag at;
  bool json = false;
  bool number = false;
  bool with_version = false;
};

Bytes json_of(ByteView key, ByteView value, std::optional<Timestamp> version) {
  JsonWriter json;
  json.begin_object().key("key").string(encode(key, Encoding::escaped));
  json.key("value").string(encode(value, Encoding::escaped));
  if (version) json.key("version").number(version->raw);
  json.end();
  return json.text() + '\n';
}

/// What is printed for the value.
Result<Bytes> text_of(ByteView value, const GetFlags& flags) {
  if (!flags.number) return encode(value, flags.encoding.encoding);
  const std::optional<int64_t> number = number_of(value);
  if (!number)
    return Error{Errc::invalid_argument,
                 "the value has " + std::to_string(value.size()) + " bytes, and numbers have 8"};
  return std::to_string(*number);
}

Result<ExitCode> run(const GetFlags& flags) {
  COPPICE_TRY_ASSIGN(key, flags.encoding.bytes_of(flags.key, "the key"));
  COPPICE_TRY(check_key(key));
  COPPICE_TRY_ASSIGN(client, flags.address.connect());
  COPPICE_TRY_ASSIGN(moment, flags.at.snapshot(*client));
  COPPICE_TRY_ASSIGN(found, client->get_versioned(key, moment));
  if (!found.value) return ExitCode::absent;
  COPPICE_TRY_ASSIGN(text, text_of(*found.value, flags));

  Output output(STDOUT_FILENO);
  if (flags.json) {
    const auto version = flags.with_version ? std::optional(found.version) : std::nullopt;
    COPPICE_TRY(output.write(json_of(key, flags.number ? text : *found.value, version)));
  } else {
    if (flags.with_version) COPPICE_TRY(output.write(std::to_string(found.version.raw) + '\t'));
    COPPICE_TRY(output.write(text));
    // A script gets the value and nothing else.
    if (output.is_terminal() || flags.number || flags.encoding.encoding != Encoding::raw)
      COPPICE_TRY(output.write("\n"));
  }
  COPPICE_TRY(output.flush());
  return ExitCode::done;
}

}  // namespace

void add_get(CLI::App& program, Action& chosen) {
  auto flags = std::make_shared<GetFlags>();
  CLI::App* get = program.add_subcommand("get", "Print the value of a key");
  get->add_option("key", flags->key, "The key")->required();
  flags->at.add_to(*get);
  flags->encoding.add_to(*get);
  get->add_flag("-n,--number", flags->number, "Print the number that the value is: see 'coppice merge'");
  get->add_flag("--with-version", flags->with_version,
                "Print the value's version too, before it and a TAB, for 'coppice put --if-version'");
  add_json_flag(*get, flags->json);
  flags->address.add_to(*get);
  get->footer(
      "Prints the value's bytes and nothing else; on a terminal, and with --escaped, --hex or --number, a "
      "line end "
      "too.\n"
      "No such key: prints nothing, exit code 1. In JSON, keys and values are written as with --escaped.\n\n"
      "Examples:\n  coppice get bash/version\n  coppice get bash/version --at 10min");
  choose(*get, chosen, std::move(flags), run);
}

}  // namespace coppice::cluster
