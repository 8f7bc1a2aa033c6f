// Whether what a version's levels say of each key is in order: newer above, older below.
#pragma once

#include <functional>

#include "engine/version/version.hpp"

namespace coppice::engine {

/// A reader of the newest state asks one run of tables after the other and believes the first that says anything of a key. So
/// the newest that a run says of a key, by a version or by a range delete, must not be older than the newest that any run
/// below it says. (Single versions may be there twice: a memtable may be flushed in part, and once more after a crash.)
///
/// `problem` is told of the first few keys of which that is not so, with the tables. `go_on` is asked now and then.
/// cancelled: it said no. Requires: every table of `version` is well. Memory: a block for each run. Blocks: on the disk, for
/// long.
Status check_level_order(const Version& version, const std::function<bool()>& go_on,
                         const std::function<void(std::string)>& problem);

}  // namespace coppice::engine
