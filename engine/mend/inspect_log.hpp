// What inspect_file() says of a log or a manifest.
#pragma once

#include "engine/mend/inspect.hpp"

namespace coppice::engine {

/// See inspect_file().
Result<bool> inspect_log(FileSystem& files, const std::string& path, InspectDetail detail,
                         const KeyRing& keys, const FindingSink& found);

}  // namespace coppice::engine
