#include "engine/io/presence.hpp"

namespace coppice::engine {

Status check_present(FileSystem& files, const std::string& directory) {
  COPPICE_TRY_ASSIGN(present, files.exists(directory));
  if (present) return success();
  return Error{Errc::not_found, directory + ": is not there any more: see that its disk is mounted"};
}

}  // namespace coppice::engine
