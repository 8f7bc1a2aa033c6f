// Walks the entries of one block, trusting none of its bytes.
#pragma once

#include <memory>

#include "engine/table/block_view.hpp"

namespace coppice::engine {

/// A cursor over a payload of block_builder.hpp's format; moves as Cursor's do, but is no Cursor, so that its
/// moves are plain calls.
///
/// As safe as BlockView, and every move ends. Where the bytes contradict their format, the move returns nullptr and
/// damaged() is true for good.
///
/// Lifetime: the payload outlives the cursor's use; an entry's value views the payload, its key the payload or the
/// cursor, and both are valid until the next move.
class BlockCursor {
public:
  BlockCursor() = default;
  BlockCursor(const BlockCursor&) = delete;
  BlockCursor& operator=(const BlockCursor&) = delete;

  /// Entries have commits so much later than the payload says; moves are told positions as it says them.
  void shift_commits(uint64_t by) { commit_shift_ = by; }

  /// Stands nowhere in `payload` then. False, and damaged(), if not even its tables are in place.
  bool reset(ByteView payload);

  const Entry* seek(const Position& target);
  const Entry* seek_before(const Position& target);
  const Entry* seek_first() { return damaged_ ? nullptr : come_to(0); }
  const Entry* seek_last() { return damaged_ ? nullptr : come_to(view_.count() - 1); }
  /// Requires: the last move returned an entry.
  const Entry* next() { return damaged_ || index_ + 1 >= view_.count() ? nullptr : come_to(index_ + 1); }
  const Entry* prev() { return damaged_ || index_ == 0 ? nullptr : come_to(index_ - 1); }

  /// Of the entry, in the block. Requires: as next().
  uint32_t index() const { return index_; }

  bool damaged() const { return damaged_; }

private:
  const Entry* come_to(uint32_t index);
  ByteView assemble(const RawEntry& raw);

  BlockView view_;
  uint32_t index_ = 0;  // of entry_
  bool damaged_ = false;
  uint64_t commit_shift_ = 0;
  Entry entry_;

  // Assembled keys; its first kept_ bytes are the base's. Most keys fit in place, so that nothing is allocated.
  static constexpr size_t kInlineSize = 128;
  char inline_[kInlineSize];
  std::unique_ptr<char[]> heap_;
  size_t capacity_ = kInlineSize;
  size_t kept_ = 0;
};

}  // namespace coppice::engine
