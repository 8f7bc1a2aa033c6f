// The TreeReader of a tree in this process: pins views.
#pragma once

#include <memory>

#include "engine/read_state.hpp"
#include "engine/tree_reader.hpp"

namespace coppice::engine {

std::shared_ptr<TreeReader> make_view_reader(std::shared_ptr<const ReadState> state);

}  // namespace coppice::engine
