// What a tree does to take tables in. Contracts are storage.hpp's.
#pragma once

#include <memory>
#include <span>

#include "engine/ingest/linked_tables.hpp"
#include "engine/tree_state.hpp"

namespace coppice::engine {

/// Something in `range` is in no table yet.
bool memtables_overlap(const TreeState& tree, const KeyRange& range);
Result<std::unique_ptr<Ingest>> prepare_ingest(TreeState& tree, std::span<const OutsideTable> tables);
Status install_ingest(TreeState& tree, LinkedTables& ingest, Timestamp commit);

}  // namespace coppice::engine
