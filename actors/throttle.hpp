// How writes slow down as a tree falls behind with flushing and merging.
#pragma once

#include <chrono>

namespace coppice::actors {

/// Debt (Tree::debt) from here on slows writes; at 1 they wait.
inline constexpr double kDebtSlow = 0.5;
/// Writes that a tree of debt 1 keeps waiting are refused after this long.
inline constexpr std::chrono::milliseconds kStallMax{2000};
/// How often a shard looks whether its tree takes writes again.
inline constexpr std::chrono::milliseconds kStallStep{10};

/// The pause before the next group of writes. It grows with the square of the debt, so that writers feel it
/// early and never as a wall: nothing at kDebtSlow, 10 ms just below 1.
std::chrono::microseconds write_pause(double debt);

}  // namespace coppice::actors
