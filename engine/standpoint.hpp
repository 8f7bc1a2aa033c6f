// Where a reader stands: a moment, and a view that shows it.
#pragma once

#include <optional>

#include "engine/read_state.hpp"

namespace coppice::engine {

/// Taken in two steps, of which the order matters (see ReadState). Between them the owner may do anything:
///
///     reader   visible: 5 ------------------------------> pin: the view below shows no 5 any more
///     owner               write 6, flush: 6 hides 5
///                         view with floor 6 ------------> so the moment becomes 6
///
/// Lifetime: the state outlives it. Threads: one.
class Standpoint {
public:
  /// The first step. `at` is a moment that the tree's owner keeps readable; nothing: what is visible now.
  Standpoint(const ReadState& state, std::optional<Timestamp> at)
      : state_(state), is_now_(!at), at_(at ? *at : visible()) {}

  /// The second. unavailable: the tree is closed.
  Status pin();

  /// Requires: pin() succeeded.
  const View& view() const { return *view_; }
  Timestamp at() const { return at_; }

private:
  Timestamp visible() const { return Timestamp{state_.visible.load(std::memory_order_acquire)}; }

  const ReadState& state_;
  const bool is_now_;
  Timestamp at_;
  Pin<View> view_;
};

}  // namespace coppice::engine
