#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>

#include <fcntl.h>
#include <unistd.h>

#include "cluster/commands/flags.hpp"
#include "cluster/text/quantity.hpp"

namespace coppice::cluster {
namespace {

struct PutFlags {
  AddressFlag address;
  EncodingFlags encoding;
  DurabilityFlag durability;
  std::string key;
  std::optional<std::string> value;
  std::string file;
  bool if_absent = false;
  std::optional<uint64_t> if_version;
  std::string ttl;
};

/// The whole of an open file. invalid_argument past kValueSizeMax.
Result<Bytes> read_whole(int descriptor, const std::string& name) {
  Bytes content;
  char piece[64 << 10];
  while (true) {
    const ssize_t got = ::read(descriptor, piece, sizeof piece);
    if (got < 0) return Error{Errc::io_error, "cannot read " + name + ": " + std::strerror(errno)};
    if (got == 0) return content;
    content.append(piece, static_cast<size_t>(got));
    COPPICE_TRY(check_value(content));
  }
}

Result<Bytes> value_of(const PutFlags& flags) {
  if (flags.value) return flags.encoding.bytes_of(*flags.value, "the value");
  if (flags.file.empty())
    return Error{Errc::invalid_argument, "there is no value: write it behind the key, or name a --file"};
  if (flags.file == "-") return read_whole(STDIN_FILENO, "standard input");
  const int descriptor = ::open(flags.file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0)
    return Error{Errc::invalid_argument, "cannot open " + flags.file + ": " + std::strerror(errno)};
  auto content = read_whole(descriptor, flags.file);
  ::close(descriptor);
  return content;
}

Result<ExitCode> put_if(client::Client& client, const client::Condition& condition,
                        const client::Batch& batch, const PutFlags& flags) {
  COPPICE_TRY_ASSIGN(outcome, client.write_if(std::array{condition}, batch, flags.durability.durability));
  if (outcome.commit) return ExitCode::done;
  if (outcome.version == kTimestampMin) {
    std::fprintf(stderr, "coppice put: the key is absent; nothing was written\n");
  } else {
    std::fprintf(stderr, "coppice put: the key has version %llu; nothing was written\n",
                 static_cast<unsigned long long>(outcome.version.raw));
  }
  return ExitCode::changed;
}

Result<ExitCode> run(const PutFlags& flags) {
  COPPICE_TRY_ASSIGN(key, flags.encoding.bytes_of(flags.key, "the key"));
  COPPICE_TRY(check_key(key));
  COPPICE_TRY_ASSIGN(value, value_of(flags));
  std::optional<uint64_t> ttl_ms;
  if (!flags.ttl.empty()) {
    COPPICE_TRY_ASSIGN(parsed, parse_duration(flags.ttl));
    ttl_ms = parsed;
  }
  COPPICE_TRY_ASSIGN(client, flags.address.connect());
  const Durability durability = flags.durability.durability;
  if (!flags.if_absent && !flags.if_version) {
    COPPICE_TRY(ttl_ms ? client->put_for(key, value, *ttl_ms, durability)
                       : client->put(key, value, durability));
    return ExitCode::done;
  }
  client::Batch batch;
  COPPICE_TRY(ttl_ms ? batch.put_for(key, value, *ttl_ms) : batch.put(key, value));
  return put_if(*client, {key, Timestamp{flags.if_version.value_or(0)}}, batch, flags);
}

}  // namespace

void add_put(CLI::App& program, Action& chosen) {
  auto flags = std::make_shared<PutFlags>();
  CLI::App* put = program.add_subcommand("put", "Set the value of a key");
  put->add_option("key", flags->key, "The key: 1 to 16384 bytes")->required();
  auto* value = put->add_option("value", flags->value, "The value: up to 64 MiB; may be empty ('')");
  auto* file =
      put->add_option("-f,--file", flags->file, "Take the value from a file as it is; - for standard input");
  file->excludes(value)->type_name("FILE");
  auto* absent = put->add_flag("--if-absent", flags->if_absent, "Only if there is no such key");
  put->add_option(
         "--if-version", flags->if_version,
         "Only if the key is still of this version, which 'coppice get --with-version' prints; 0: absent")
      ->type_name("NUMBER")
      ->excludes(absent);
  put->add_option("--ttl", flags->ttl, "The key is gone again after this time, such as 30s, 12h or 7d")
      ->type_name("TIME");
  flags->encoding.add_to(*put);
  flags->durability.add_to(*put);
  flags->address.add_to(*put);
  put->footer(
      "Returns when the value is kept as --durability says. If a condition does not hold nothing is written: "
      "exit code 7.\n\n"
      "Examples:\n  coppice put bash/version 5.2.15\n  coppice put logo --file logo.png\n"
      "  coppice put -- temperature -5\n  coppice put --if-absent --ttl 30s lock mine");
  choose(*put, chosen, std::move(flags), run);
}

}  // namespace coppice::cluster
