// inspect: what is in the files of a store.
#include <cstdio>

#include <unistd.h>

#include "actors/inspect_store.hpp"
#include "cluster/commands/flags.hpp"
#include "cluster/commands/output.hpp"
#include "cluster/text/json.hpp"
#include "engine/io/posix_file.hpp"

namespace coppice::cluster {
namespace {

using engine::Finding;

struct InspectFlags {
  EncodingFlags encoding;
  KeyFlags keys;
  std::string path;
  bool parts = false;
  bool entries = false;
  bool json = false;
};

/// Keys go escaped where they would not fit a line otherwise.
Encoding encoding_of(const InspectFlags& flags) {
  return flags.encoding.encoding == Encoding::raw ? Encoding::escaped : flags.encoding.encoding;
}

std::string json_line(const Finding& finding, Encoding encoding) {
  JsonWriter json;
  json.begin_object().key("kind").string(finding.kind);
  if (finding.offset) json.key("offset").number(*finding.offset);
  for (const Finding::Field& field : finding.fields) {
    json.key(field.name);
    if (const auto* number = std::get_if<uint64_t>(&field.value)) {
      json.number(*number);
    } else if (const auto* text = std::get_if<std::string>(&field.value)) {
      json.string(encode(*text, Encoding::escaped));
    } else {
      json.string(encode(std::get<Finding::Data>(field.value).bytes, encoding));
    }
  }
  return json.end().text() + "\n";
}

std::string text_line(const Finding& finding, Encoding encoding) {
  char place[16] = "           -";
  if (finding.offset)
    std::snprintf(place, sizeof place, "%12llu", static_cast<unsigned long long>(*finding.offset));
  std::string line = std::string(place) + "  " + std::string(finding.kind);
  for (const Finding::Field& field : finding.fields) {
    line.append(" ").append(field.name).append("=");
    if (const auto* number = std::get_if<uint64_t>(&field.value)) {
      line += std::to_string(*number);
    } else if (const auto* text = std::get_if<std::string>(&field.value)) {
      line += encode(*text, Encoding::escaped);
    } else {
      line.append("\"").append(encode(std::get<Finding::Data>(field.value).bytes, encoding)).append("\"");
    }
  }
  return line + "\n";
}

Result<ExitCode> inspect(const InspectFlags& flags) {
  COPPICE_TRY_ASSIGN(keys, flags.keys.ring());
  engine::PosixFileSystem files;
  Output output(STDOUT_FILENO);
  Status written;
  const Encoding encoding = encoding_of(flags);
  const auto detail = flags.entries ? engine::InspectDetail::entries
                      : flags.parts ? engine::InspectDetail::parts
                                    : engine::InspectDetail::summary;
  const auto damaged = actors::inspect_path(files, flags.path, detail, keys, [&](const Finding& finding) {
    written = output.write(flags.json ? json_line(finding, encoding) : text_line(finding, encoding));
    return written.ok();
  });
  if (written.ok()) written = output.flush();
  if (!written.ok() && output.reader_gone()) return ExitCode::done;
  COPPICE_TRY(written);
  COPPICE_TRY(damaged.status());
  return *damaged ? ExitCode::damaged : ExitCode::done;
}

}  // namespace

void add_inspect(CLI::App& program, Action& chosen) {
  auto flags = std::make_shared<InspectFlags>();
  CLI::App* command =
      program.add_subcommand("inspect", "Say what is in a table, value file, log or manifest");
  command->add_option("path", flags->path, "A file, or a directory: then every file in it")->required();
  command->add_flag("--parts", flags->parts, "Also every block, record and edit");
  command->add_flag("--entries", flags->entries, "Also every entry, operation and change in them");
  flags->keys.add_to(*command);
  flags->encoding.add_to(*command);
  add_json_flag(*command, flags->json);
  command->footer(
      "Reads files, and asks no node. A line is: offset, what lies there, and what it says. Where a file "
      "stops\n"
      "making sense a line says so, and what can still be read follows; exit code 4 then. With --json a "
      "line\n"
      "is an object. Of values the first 256 bytes are shown.\n\n"
      "Examples:\n  coppice inspect ./coppice-data\n"
      "  coppice inspect --entries ./coppice-data/shards/000001/000012.log");
  choose(*command, chosen, std::move(flags), inspect);
}

}  // namespace coppice::cluster
