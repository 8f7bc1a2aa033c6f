#include "cluster/commands/out_of_memory.hpp"

#include <new>
#include <string_view>

#include <unistd.h>

#include "cluster/commands/exit_code.hpp"

namespace coppice::cluster {
namespace {

void end() {
  // Without an allocation.
  constexpr std::string_view kText =
      "coppice: the machine has no memory left for this process, which ends: what a node acknowledged as "
      "buffered or synced "
      "is kept; start it with a smaller --memory, or where there is more\n";
  (void)!::write(STDERR_FILENO, kText.data(), kText.size());
  ::_exit(static_cast<int>(ExitCode::out_of_memory));
}

}  // namespace

void end_where_memory_ends() { std::set_new_handler(end); }

}  // namespace coppice::cluster
