// verify: by a node that serves, or over the files of a store that nobody serves.
#include <cstdio>

#include "actors/verify_store.hpp"
#include "cluster/commands/flags.hpp"
#include "cluster/commands/output.hpp"
#include "cluster/text/json.hpp"
#include "cluster/text/quantity.hpp"
#include "engine/io/posix_file.hpp"

namespace coppice::cluster {
namespace {

struct VerifyFlags {
  AddressFlag address;
  EncodingFlags encoding;
  RangeFlags range;
  std::string directory;
  std::string cold_directory;
  KeyFlags keys;
  bool json = false;
};

void print_json(const engine::VerifyReport& report, bool offline) {
  JsonWriter json;
  json.begin_object().key("tables").number(report.tables).key("blocks").number(report.blocks);
  json.key("entries").number(report.entries).key("bytes").number(report.bytes);
  if (offline) json.key("logs").number(report.logs).key("records").number(report.records);
  const auto list = [&](const char* name, const std::vector<std::string>& texts) {
    json.key(name).begin_array();
    for (const std::string& text : texts) json.string(encode(text, Encoding::escaped));
    json.end();
  };
  if (offline) list("notes", report.notes);
  list("problems", report.problems);
  json.end();
  std::printf("%s\n", json.text().c_str());
}

void print_text(const engine::VerifyReport& report, bool offline) {
  std::printf("read %s, %s, %s entries, %s", count_text(report.tables, "table").c_str(),
              count_text(report.blocks, "block").c_str(), count_text(report.entries).c_str(),
              size_text(report.bytes).c_str());
  if (offline)
    std::printf(", %s with %s", count_text(report.logs, "log").c_str(),
                count_text(report.records, "record").c_str());
  std::puts("");
  for (const std::string& note : report.notes) std::printf("note: %s\n", note.c_str());
  for (const std::string& problem : report.problems) std::printf("problem: %s\n", problem.c_str());
  std::puts(report.problems.empty() ? "all is well" : "the store is damaged");
}

Result<engine::VerifyReport> ask_node(const VerifyFlags& flags) {
  COPPICE_TRY_ASSIGN(range, flags.range.range(flags.encoding));
  COPPICE_TRY_ASSIGN(client, flags.address.connect());
  COPPICE_TRY_ASSIGN(report, client->verify(range));
  return engine::VerifyReport{.tables = report.tables,
                              .blocks = report.blocks,
                              .entries = report.entries,
                              .bytes = report.bytes,
                              .problems = std::move(report.problems)};
}

Result<engine::VerifyReport> read_files(const VerifyFlags& flags) {
  COPPICE_TRY_ASSIGN(keys, flags.keys.ring());
  engine::PosixFileSystem files;
  Progress progress("verified");
  return actors::verify_store(files, flags.directory, flags.cold_directory, keys,
                              [&](const engine::VerifyReport& so_far) {
                                progress.update(so_far.entries + so_far.records, so_far.bytes);
                                return true;
                              });
}

Result<ExitCode> verify(const VerifyFlags& flags) {
  const bool offline = !flags.directory.empty();
  if (offline && flags.range.given())
    return Error{Errc::invalid_argument, "a range goes with a node; of a directory all is verified"};
  if (!offline && !flags.cold_directory.empty())
    return Error{Errc::invalid_argument,
                 "a cold directory goes with a store's directory; a node knows its own"};
  COPPICE_TRY_ASSIGN(report, offline ? read_files(flags) : ask_node(flags));
  flags.json ? print_json(report, offline) : print_text(report, offline);
  return report.problems.empty() ? ExitCode::done : ExitCode::damaged;
}

}  // namespace

void add_verify(CLI::App& program, Action& chosen) {
  auto flags = std::make_shared<VerifyFlags>();
  CLI::App* command = program.add_subcommand("verify", "Read every table and check all of it");
  command->add_option(
      "directory", flags->directory,
      "A store, or a shard of one, that is not served: its files are read, and no node is asked");
  command->add_option("--cold-directory", flags->cold_directory,
                      "Where the store's cold files are, if it has some");
  flags->keys.add_to(*command);
  flags->range.add_to(*command, "Check the tables with");
  flags->encoding.add_to(*command);
  add_json_flag(*command, flags->json);
  flags->address.add_to(*command);
  command->footer(
      "Checks checksums, order, ranges and counts while the node serves. With a directory it checks logs,\n"
      "manifests, the order of the levels and the shard map as well, and refuses if a node has the store.\n"
      "Problems are printed, each with its file, offset and what to do; exit code 4 if there are any.\n\n"
      "Examples:\n  coppice verify && coppice dump > backup.tsv\n  coppice verify ./coppice-data");
  choose(*command, chosen, std::move(flags), verify);
}

}  // namespace coppice::cluster
