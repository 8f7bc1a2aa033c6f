// repair: a new store of what can be saved of a damaged one.
#include <cstdio>

#include "actors/repair_store.hpp"
#include "actors/verify_store.hpp"
#include "cluster/commands/flags.hpp"
#include "cluster/text/json.hpp"
#include "cluster/text/quantity.hpp"
#include "engine/io/posix_file.hpp"

namespace coppice::cluster {
namespace {

struct RepairFlags {
  EncodingFlags encoding;
  KeyFlags keys;
  std::string source;
  std::string target;
  std::string cold_directory;
  bool dry_run = false;
  bool json = false;
};

Encoding encoding_of(const RepairFlags& flags) {
  return flags.encoding.encoding == Encoding::raw ? Encoding::escaped : flags.encoding.encoding;
}

void print_json(const engine::RepairReport& report, Encoding encoding) {
  JsonWriter json;
  json.begin_object().key("files").begin_array();
  for (const engine::MendedFile& file : report.files) {
    json.begin_object().key("path").string(encode(file.path, Encoding::escaped));
    json.key("fate").string(engine::to_string(file.fate)).key("count").number(file.count);
    json.key("problems").begin_array();
    for (const std::string& problem : file.problems) json.string(encode(problem, Encoding::escaped));
    json.end().key("lost").begin_array();
    for (const KeyRange& range : file.lost) {
      json.begin_object().key("from").string(encode(range.begin, encoding));
      if (range.end) json.key("before").string(encode(*range.end, encoding));
      json.end();
    }
    json.end().end();
  }
  json.end().key("doubts").begin_array();
  for (const std::string& doubt : report.doubts) json.string(encode(doubt, Encoding::escaped));
  json.end().key("lostNothing").boolean(report.lost_nothing()).end();
  std::printf("%s\n", json.text().c_str());
}

void print_text(const engine::RepairReport& report, Encoding encoding) {
  for (const engine::MendedFile& file : report.files) {
    std::printf("%-8s  %s", std::string(engine::to_string(file.fate)).c_str(), file.path.c_str());
    if (file.count > 0) std::printf(", %s read", count_text(file.count).c_str());
    std::puts("");
    for (const std::string& problem : file.problems) std::printf("          problem: %s\n", problem.c_str());
    for (const KeyRange& range : file.lost)
      std::printf(
          "          keys may be lost from \"%s\"%s\n", encode(range.begin, encoding).c_str(),
          range.end ? (" on and before \"" + encode(*range.end, encoding) + "\"").c_str() : " to the last");
  }
  for (const std::string& doubt : report.doubts) std::printf("in doubt: %s\n", doubt.c_str());
  std::puts(report.lost_nothing() ? "nothing is known to be lost"
                                  : "of the keys above some may be gone, or show an older value");
}

Result<ExitCode> repair(const RepairFlags& flags) {
  if (flags.target.empty() && !flags.dry_run)
    return Error{Errc::invalid_argument, "name a new directory with --into, or say --dry-run"};
  COPPICE_TRY_ASSIGN(keys, flags.keys.ring_to_write());
  engine::PosixFileSystem files;
  const std::string target = flags.target.empty() ? flags.source + ".repaired" : flags.target;
  COPPICE_TRY_ASSIGN(
      report,
      actors::repair_store(files, flags.source, target,
                           {.keys = keys, .cold_directory = flags.cold_directory, .dry_run = flags.dry_run}));
  const Encoding encoding = encoding_of(flags);
  flags.json ? print_json(report, encoding) : print_text(report, encoding);
  if (flags.dry_run) return ExitCode::done;
  COPPICE_TRY_ASSIGN(check, actors::verify_store(files, target, "", keys, [](const auto&) { return true; }));
  if (check.problems.empty()) return ExitCode::done;
  for (const std::string& problem : check.problems)
    std::fprintf(stderr, "coppice repair: the new store is not well: %s\n", problem.c_str());
  return ExitCode::damaged;
}

}  // namespace

void add_repair(CLI::App& program, Action& chosen) {
  auto flags = std::make_shared<RepairFlags>();
  CLI::App* command =
      program.add_subcommand("repair", "Make a new store of what can be saved of a damaged one");
  command->add_option("directory", flags->source, "The damaged store, or one shard of it")->required();
  command->add_option("--into", flags->target, "The new store: a directory that is not there yet")
      ->type_name("DIRECTORY");
  command->add_flag("--dry-run", flags->dry_run, "Only say what would become of each file");
  command->add_option("--cold-directory", flags->cold_directory,
                      "Where the store's cold files are, if it has some; the new store has all in one place");
  flags->keys.add_to(*command);
  flags->encoding.add_to(*command);
  add_json_flag(*command, flags->json);
  command->footer(
      "Changes nothing in the damaged store, and refuses while a node has it. Whole tables are linked, where "
      "the\n"
      "new directory is on the same file system, so they take no room twice; the rest is written anew. For "
      "each\n"
      "file it is said what was saved and which keys may be lost. At last the new store is verified; serve "
      "it\n"
      "with serve --data, and remove the damaged one when you are content. Of several --encryption-key the "
      "first\n"
      "encrypts what is written anew.\n\n"
      "Examples:\n  coppice repair ./coppice-data --dry-run\n"
      "  coppice repair ./coppice-data --into ./coppice-repaired");
  choose(*command, chosen, std::move(flags), repair);
}

}  // namespace coppice::cluster
