// What a tree shares with its readers.
#pragma once

#include <atomic>

#include "engine/base/clock.hpp"
#include "engine/base/gen_ref.hpp"
#include "engine/cursor/dead_ranges.hpp"
#include "engine/view.hpp"
#include "engine/watch/read_counters.hpp"
#include "engine/watch/watch.hpp"

namespace coppice::engine {

/// The owner applies a group to the active memtable, then raises `visible`; it publishes a new view before it
/// writes into the memtable that the view brings. So a reader loads `visible` first and pins the view second:
/// the view then holds all that the timestamp covers. If the pinned view's floor lies above the timestamp, the
/// floor takes its place: it was visible when the view was published. Standpoint does it.
///
/// Lifetime: shared by the tree, its reader and its cursors, so that pins may outlive the tree.
struct ReadState {
  KeyRange range;
  /// See TreeEnv.
  const Clock* clock = nullptr;
  /// Raw. Stored with release, loaded with acquire.
  std::atomic<uint64_t> visible{0};
  /// Nothing is published once the tree is closed.
  Published<View> views;
  /// Readers put in what they find; the owner takes puts out before it raises `visible` to their commits.
  mutable DeadRanges dead_ranges;
  Watch watch;
  mutable ReadCounters counters;
};

}  // namespace coppice::engine
