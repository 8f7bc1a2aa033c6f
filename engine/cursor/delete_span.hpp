// What range deletes of several sources cover around a key.
#pragma once

#include <optional>
#include <vector>

#include "engine/memory/range_deletes.hpp"

namespace coppice::engine {

/// A stretch of keys over which the same range delete is the newest, or none is.
struct DeleteSpan {
  /// Empty: from the first key.
  ByteView begin;
  /// Nothing: to the last key.
  std::optional<ByteView> end;
  /// Of the newest range delete; kTimestampMin: there is none.
  Timestamp commit;

  bool contains(ByteView key) const { return key >= begin && (!end || key < *end); }
};

/// Remembers the span it found last, so that a walk over keys in order looks into the sources only where they
/// change. Lifetime: the sources outlive it.
class DeleteSpans {
public:
  /// Deletes after `at` do not count.
  DeleteSpans(std::vector<const RangeDeletes*> sources, Timestamp at);

  /// True: no key is covered, at any time.
  bool empty() const { return sources_.empty(); }

  /// Lifetime: until the next call.
  const DeleteSpan& around(ByteView key) {
    if (!known_ || !span_.contains(key)) find(key);
    return span_;
  }

private:
  void find(ByteView key);

  std::vector<const RangeDeletes*> sources_;
  const Timestamp at_;
  DeleteSpan span_;
  bool known_ = false;
};

}  // namespace coppice::engine
