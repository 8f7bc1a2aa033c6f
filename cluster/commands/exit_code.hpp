// What a command tells the script that ran it.
#pragma once

#include "schema/result.hpp"

namespace coppice::cluster {

/// Scripts rely on the numbers: never renumber, only append.
enum class ExitCode : int {
  done = 0,
  absent = 1,         // get: no such key
  usage = 2,          // a wrong flag, request or line of input: mend it
  unavailable = 3,    // no node answers, or it is busy or restarting: try again
  damaged = 4,        // damage on a disk, an I/O error, or a connection that broke: the text says which
  in_use = 5,         // another process has the data or the port
  unsupported = 6,    // written by a newer version, or a request that this one does not serve
  changed = 7,        // put: the key is not as the condition says; nothing was written
  out_of_memory = 8,  // the machine has no memory left for the process
};

ExitCode exit_code(Errc code);

/// Says "coppice COMMAND: CODE: TEXT" on stderr; returns the code to exit with.
ExitCode fail(const char* command, const Error& error);

/// The table of all codes, for --help.
const char* exit_code_help();

}  // namespace coppice::cluster
