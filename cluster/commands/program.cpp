#include "cluster/commands/program.hpp"

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "cluster/commands/commands.hpp"
#include "cluster/commands/out_of_memory.hpp"
#include "cluster/text/nearest.hpp"

namespace coppice::cluster {
namespace {

ExitCode refuse(const CLI::App& command, const std::string& why) {
  const CLI::App* program = command.get_parent();
  const std::string name = program == nullptr ? "coppice" : "coppice " + command.get_name();
  std::fprintf(stderr, "%s: %s\nSee: %s --help\n", name.c_str(), why.c_str(), name.c_str());
  return ExitCode::usage;
}

std::vector<std::string> command_names(const CLI::App& program) {
  std::vector<std::string> names;
  for (const CLI::App* command : program.get_subcommands({})) names.push_back(command->get_name());
  return names;
}

std::vector<std::string> flag_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    for (const std::string& name : option->get_snames()) names.push_back("-" + name);
  }
  return names;
}

ExitCode refuse_parsing(const CLI::App& command, const CLI::ParseError& error) {
  const std::vector<std::string> unknown = command.remaining();
  // A word too many is often the value of a flag that is unknown, so the flag is named.
  for (const std::string& word : unknown) {
    if (!word.starts_with('-') || word == "--") continue;
    const std::string flag = word.substr(0, word.find('='));
    const std::string meant = did_you_mean(flag, flag_names(command));
    const std::string hint = meant.empty() ? " (to pass it as a key or value, write -- before it)" : meant;
    return refuse(command, std::string("unknown flag '").append(flag).append("'").append(hint));
  }
  if (!unknown.empty()) return refuse(command, "one word too many: '" + unknown.front() + "'");
  return refuse(command, error.what());
}

void add_commands(CLI::App& program, Action& chosen) {
  add_serve(program, chosen);
  add_put(program, chosen);
  add_get(program, chosen);
  add_delete(program, chosen);
  add_merge(program, chosen);
  add_scan(program, chosen);
  add_load(program, chosen);
  add_build(program, chosen);
  add_ingest(program, chosen);
  add_dump(program, chosen);
  add_stats(program, chosen);
  add_events(program, chosen);
  add_split(program, chosen);
  add_flush(program, chosen);
  add_compact(program, chosen);
  add_merging(program, chosen);
  add_verify(program, chosen);
  add_checkpoint(program, chosen);
  add_inspect(program, chosen);
  add_repair(program, chosen);
  add_bench(program, chosen);
  for (CLI::App* command : program.get_subcommands({})) command->group("Commands");
}

}  // namespace

ExitCode run_program(int argc, const char* const* argv) {
  end_where_memory_ends();
  Action chosen;
  CLI::App program("Coppice: a sharded, durable, ordered store of keys and values");
  program.name("coppice");
  program.require_subcommand(1);
  program.get_formatter()->label("SUBCOMMAND", "COMMAND");
  program.get_formatter()->label("Excludes", "(not with)");
  program.set_version_flag("--version", std::string("coppice ") + COPPICE_VERSION);
  program.footer(std::string("Each command has its own --help, with an example.\n\n") + exit_code_help());
  add_commands(program, chosen);

  if (argc < 2) {
    std::fputs(program.help().c_str(), stderr);
    return ExitCode::usage;
  }
  const std::string first = argv[1];
  const std::vector<std::string> names = command_names(program);
  if (!first.starts_with('-') && std::ranges::find(names, first) == names.end())
    return refuse(program, "unknown command '" + first + "'" + did_you_mean(first, names));
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // --help and --version come as errors too, of code 0.
    if (error.get_exit_code() == 0) return static_cast<ExitCode>(program.exit(error));
    const auto parsed = program.get_subcommands();
    return refuse_parsing(parsed.empty() ? program : *parsed.front(), error);
  }
  return chosen();
}

}  // namespace coppice::cluster
