#include "cluster/commands/exit_code.hpp"

#include <cstdio>

namespace coppice::cluster {

ExitCode exit_code(Errc code) {
  switch (code) {
    case Errc::invalid_argument:
    case Errc::not_found:
      return ExitCode::usage;
    case Errc::unavailable:
    case Errc::moved:
    case Errc::cancelled:
    case Errc::would_block:
      return ExitCode::unavailable;
    case Errc::corruption:
    case Errc::io_error:
    case Errc::out_of_space:
      return ExitCode::damaged;
    case Errc::in_use:
      return ExitCode::in_use;
    case Errc::unsupported:
      return ExitCode::unsupported;
  }
  return ExitCode::damaged;
}

ExitCode fail(const char* command, const Error& error) {
  std::fprintf(stderr, "coppice %s: %s\n", command, to_string(error).c_str());
  return exit_code(error.code);
}

const char* exit_code_help() {
  return "Exit codes:\n"
         "  0  done\n"
         "  1  get: no such key\n"
         "  2  a wrong flag, request or line of input\n"
         "  3  no node answers, or it is busy: try again\n"
         "  4  damage, an I/O error, or a connection that broke\n"
         "  5  another process uses the data or the port\n"
         "  6  written by a newer version, or a request that the node does not serve\n"
         "  7  put: the key is not as --if-absent or --if-version says\n"
         "  8  the machine has no memory left for the process";
}

}  // namespace coppice::cluster
