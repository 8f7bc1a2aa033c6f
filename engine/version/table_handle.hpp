// A table that versions share, and that takes its file along when it goes.
#pragma once

#include <memory>
#include <string>

#include "engine/options.hpp"
#include "engine/table/table_reader.hpp"
#include "engine/values/value_file.hpp"

namespace coppice::engine {

/// Owns a table, open or not. Versions, jobs and cursors that need it each hold one.
using TableHandle = std::shared_ptr<const TableReader>;

/// Of the tree in `directory`. Lifetime: `env` outlives the handle. Does not touch the disk.
TableHandle make_table_handle(const TreeEnv& env, const std::string& directory, const TableMeta& meta);

/// The same of a value file.
ValueFileHandle make_value_file(const TreeEnv& env, const std::string& directory, const ValueFileMeta& meta);

/// Another handle of the same table, that is not open: what `table` keeps in memory goes with its own last copy.
TableHandle make_unopened(const TreeEnv& env, const TableHandle& table);

/// The file is removed when the last handle of the table is gone. Requires: no manifest names the table.
/// Threads: the tree's owner.
void remove_when_unused(const TableHandle& table);

}  // namespace coppice::engine
