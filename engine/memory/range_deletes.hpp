// Which keys range deletes cover, and since when: the frozen form in which memtables and tables keep them.
#pragma once

#include <vector>

#include "engine/cursor/entry.hpp"

namespace coppice::engine {

/// Any number of range deletes, cut where one begins or ends, so that no two fragments overlap:
///
///     deletes     [a -------- T5 -------- m)
///                        [f ---- T9 ------------- t)
///     fragments   [a, f) [f ------ m) [m ------- t)
///                   T5      T9, T5         T9
///
/// Threads: any number.
class RangeDeletes {
public:
  struct Fragment {
    Bytes begin;
    Bytes end;
    /// It goes on to the last key, and `end` is empty.
    bool unbounded = false;
    /// Of the deletes that cover it, newest first, each once; never empty.
    std::vector<Timestamp> commits;

    /// The newest at or before `at`; kTimestampMin if there is none.
    Timestamp newest(Timestamp at) const;
    bool operator==(const Fragment&) const = default;
  };

  RangeDeletes() = default;
  /// In any order. One that covers no key counts for nothing.
  explicit RangeDeletes(const std::vector<RangeDelete>& deletes);

  bool empty() const { return fragments_.empty(); }

  /// The commit of the newest delete at or before `at` that covers `key`; kTimestampMin if none does. Entries of
  /// the key with an earlier commit are deleted at `at`.
  Timestamp newest_covering(ByteView key, Timestamp at) const;

  /// In key order.
  const std::vector<Fragment>& fragments() const { return fragments_; }

  /// The fragment that holds `key`, or else the first behind it; nullptr: there is none.
  const Fragment* find_fragment(ByteView key) const;

  /// What is left inside of `range`.
  RangeDeletes clip(const KeyRange& range) const;

  /// As few deletes as say the same: pieces of one delete that touch are joined. By commit, oldest first, then by
  /// key.
  std::vector<RangeDelete> deletes() const;

  /// Bytes of memory.
  size_t size() const;

private:
  std::vector<Fragment> fragments_;
};

}  // namespace coppice::engine
