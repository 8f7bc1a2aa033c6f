// What inspect_file() says of a table.
#pragma once

#include "engine/mend/inspect.hpp"

namespace coppice::engine {

/// See inspect_file().
Result<bool> inspect_table(const RandomFile& file, InspectDetail detail, const KeyRing& keys,
                           const FindingSink& found);

}  // namespace coppice::engine
