// What becomes of the program when the machine has no memory left for it.
#pragma once

namespace coppice::cluster {

/// From here on an allocation that fails ends the process at once, with a word on stderr and ExitCode::out_of_memory: as kill -9
/// would, so all that was acknowledged as buffered or synced is kept. Going on would mean that every allocation anywhere, in
/// every library, may fail and leave half of something behind. Threads: any, once.
void end_where_memory_ends();

}  // namespace coppice::cluster
