// What a user sees of a tree at one moment: live keys and their values, forward and back.
#pragma once

#include "schema/types.hpp"

namespace coppice::engine {

/// A live key and its value.
struct Item {
  ByteView key;
  ByteView value;
};

/// Moves like Cursor does, over keys instead of versions; keys outside of the cursor's range are not there.
/// Lifetime: an item's views are valid until the next move.
/// Threads: one at a time. Blocks: on the disk.
class VisibleCursor {
public:
  virtual ~VisibleCursor() = default;

  /// The first key at or after `key`; seek("") is the first.
  virtual const Item* seek(ByteView key) = 0;
  /// The last key before `key`.
  virtual const Item* seek_before(ByteView key) = 0;
  virtual const Item* seek_last() = 0;
  /// Requires: the last move returned an item.
  virtual const Item* next() = 0;
  virtual const Item* prev() = 0;

  /// See Cursor::status().
  virtual const Status& status() const = 0;
};

}  // namespace coppice::engine
