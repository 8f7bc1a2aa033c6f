// Every command of the program, one function and one file each.
#pragma once

#include <functional>

#include "cluster/commands/exit_code.hpp"

namespace CLI {
class App;
}

namespace coppice::cluster {

/// What the command line asks for, all flags read.
using Action = std::function<ExitCode()>;

// Each adds its subcommand, flags, help and example to `program`, and sets `chosen` when a command line that
// names it has been parsed. Lifetime: `chosen` outlives the parsing.

void add_serve(CLI::App& program, Action& chosen);
void add_put(CLI::App& program, Action& chosen);
void add_get(CLI::App& program, Action& chosen);
void add_delete(CLI::App& program, Action& chosen);
void add_merge(CLI::App& program, Action& chosen);
void add_scan(CLI::App& program, Action& chosen);
void add_load(CLI::App& program, Action& chosen);
void add_build(CLI::App& program, Action& chosen);
void add_ingest(CLI::App& program, Action& chosen);
void add_dump(CLI::App& program, Action& chosen);
void add_stats(CLI::App& program, Action& chosen);
void add_events(CLI::App& program, Action& chosen);
void add_split(CLI::App& program, Action& chosen);
void add_flush(CLI::App& program, Action& chosen);
void add_compact(CLI::App& program, Action& chosen);
void add_merging(CLI::App& program, Action& chosen);
void add_verify(CLI::App& program, Action& chosen);
void add_checkpoint(CLI::App& program, Action& chosen);
void add_inspect(CLI::App& program, Action& chosen);
void add_repair(CLI::App& program, Action& chosen);
void add_bench(CLI::App& program, Action& chosen);

}  // namespace coppice::cluster
