// A table that versions share, and that takes its file along when it goes.
#pragma once

#include <memory>
#include <string>

#include "engine/options.hpp"
#include "engine/table/table_reader.hpp"

namespace coppice::engine {

/// Owns an open table. Versions, jobs and cursors that need it each hold one.
using TableHandle = std::shared_ptr<const TableReader>;

/// Lifetime: `env` outlives the handle. Does not touch the disk.
TableHandle make_table_handle(const TreeEnv& env, const std::string& directory, const TableMeta& meta);

/// The file is removed when the last copy of the handle is gone. Requires: no manifest names the table.
/// Threads: the tree's owner.
void remove_when_unused(const TableHandle& table);

}  // namespace coppice::engine
