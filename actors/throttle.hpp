// How long writes wait for a tree that is too far behind with flushing and merging to take them.
#pragma once

#include <chrono>

namespace coppice::actors {

/// Writes that a tree of debt 1 keeps waiting are refused after this long. Before that debt a tree takes writes, only
/// ever more slowly: see Tree::write_rate().
inline constexpr std::chrono::milliseconds kStallMax{2000};
/// How often a shard looks whether its tree takes writes again.
inline constexpr std::chrono::milliseconds kStallStep{10};

}  // namespace coppice::actors
