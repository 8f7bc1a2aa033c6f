// Walks the entries of one block, trusting none of its bytes.
#pragma once

#include <memory>

#include "engine/cursor/entry.hpp"

namespace coppice::engine {

/// A cursor over a payload of block_builder.hpp's format; moves as Cursor's do, but is no Cursor, so that its
/// moves are plain calls.
///
/// Safe on any bytes: it reads inside the payload only and every move ends. Where the bytes contradict their
/// format, the move returns nullptr and damaged() is true for good. Bytes that are wrong within the format (out of
/// order) give wrong answers; checksums are what keeps them away.
///
/// Lifetime: the payload outlives the cursor's use; an entry's value views the payload, its key the payload or the
/// cursor, and both are valid until the next move.
class BlockCursor {
public:
  BlockCursor() = default;
  BlockCursor(const BlockCursor&) = delete;
  BlockCursor& operator=(const BlockCursor&) = delete;

  /// Stands nowhere in `payload` then. False, and damaged(), if not even its restart points are in place.
  bool reset(ByteView payload);

  const Entry* seek(const Position& target);
  const Entry* seek_before(const Position& target);
  const Entry* seek_first();
  const Entry* seek_last();
  /// Requires: the last move returned an entry.
  const Entry* next();
  const Entry* prev();

  bool damaged() const { return damaged_; }

private:
  // Where a restart point's entry is; a damaged one is reported by `ok`.
  struct Restart {
    Position position;
    bool ok = false;
  };

  uint32_t restart_offset(uint32_t index) const;
  Restart restart_entry(uint32_t index) const;
  bool enter(uint32_t restart);
  bool decode();
  void extend_key(size_t shared, const char* rest, size_t size);
  const Entry* fail();
  template <class Before>
  uint32_t last_restart(Before before);
  const Entry* last_before(uint32_t end);

  const char* data_ = nullptr;
  uint32_t end_ = 0;  // of the entries; the restart points follow
  uint32_t restart_count_ = 0;
  uint32_t current_ = 0;  // where entry_ begins
  uint32_t next_ = 0;     // where the one behind it begins
  bool damaged_ = false;
  Entry entry_;

  // Assembled keys. Most fit in place, so that a point read allocates nothing.
  static constexpr size_t kInlineSize = 128;
  char inline_[kInlineSize];
  std::unique_ptr<char[]> heap_;
  size_t capacity_ = kInlineSize;
};

}  // namespace coppice::engine
