// What a tree does to take tables in. Contracts are tree.hpp's.
#pragma once

#include <span>

#include "engine/tree_state.hpp"

namespace coppice::engine {

class Ingest;
struct OutsideTable;

bool memtables_overlap(const TreeState& tree, const KeyRange& range);
Result<Ingest> prepare_ingest(TreeState& tree, std::span<const OutsideTable> tables);
Status install_ingest(TreeState& tree, Ingest ingest, Timestamp commit);

}  // namespace coppice::engine
