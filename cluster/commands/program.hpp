// The program's command line.
#pragma once

#include "cluster/commands/exit_code.hpp"

namespace coppice::cluster {

/// Reads the command line, and does what it asks for. What is unknown or missing is refused on stderr, with
/// the nearest right name.
ExitCode run_program(int argc, const char* const* argv);

}  // namespace coppice::cluster
