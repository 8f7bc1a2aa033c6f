// Has a node take in sorted files at once.
#include <cstdio>
#include <filesystem>

#include "cluster/commands/flags.hpp"
#include "cluster/text/json.hpp"
#include "cluster/text/quantity.hpp"

namespace coppice::cluster {
namespace {

struct IngestFlags {
  AddressFlag address;
  std::vector<std::string> files;
  bool json = false;
};

Result<ExitCode> run(const IngestFlags& flags) {
  std::vector<std::string> paths;
  for (const std::string& file : flags.files) {
    std::error_code reason;
    paths.push_back(std::filesystem::absolute(file, reason).string());
    if (reason) return Error{Errc::invalid_argument, file + ": " + reason.message()};
  }
  COPPICE_TRY_ASSIGN(client, flags.address.connect());
  COPPICE_TRY_ASSIGN(ingested, client->ingest(paths));
  if (flags.json) {
    JsonWriter json;
    json.begin_object().key("timestamp").number(ingested.timestamp.raw);
    json.key("records").number(ingested.entries).key("bytes").number(ingested.bytes).end();
    std::printf("%s\n", json.text().c_str());
  } else {
    std::printf("%s ingested, %s\n", count_text(ingested.entries, "record").c_str(),
                size_text(ingested.bytes).c_str());
  }
  return ExitCode::done;
}

}  // namespace

void add_ingest(CLI::App& program, Action& chosen) {
  auto flags = std::make_shared<IngestFlags>();
  CLI::App* ingest = program.add_subcommand("ingest", "Take in sorted files as they are");
  ingest->add_option("files", flags->files, "Files that build wrote, on the node's machine; no two overlap")
      ->required();
  add_json_flag(*ingest, flags->json);
  flags->address.add_to(*ingest);
  ingest->footer(
      "What they hold is there at one moment, and replaces what the store has of the same keys. The node "
      "links the\n"
      "files, or copies them from another disk. They may be removed thereafter, but not written to: the node "
      "reads the\n"
      "same bytes.\n\n"
      "Example:\n  coppice ingest packages.sorted");
  choose(*ingest, chosen, std::move(flags), run);
}

}  // namespace coppice::cluster
