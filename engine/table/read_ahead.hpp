// A table's file as one long walk reads it: in large pieces, ahead of need.
#pragma once

#include <memory>

#include "engine/io/file.hpp"

namespace coppice::engine {

/// Reads of blocks that lie behind each other, or before each other, in the file become fewer reads of more
/// of it: from the third on, twice as much each time, up to kWindowSizeMax, which is what it keeps in memory. Going
/// back, the disk is asked for the next window before this one is read, and works on it while the walk uses this
/// one; going forward the system does so by itself. Blocks that the caller had from elsewhere may be left out in
/// between.
///
/// Threads: unlike other files, one at a time. Lifetime: `file` outlives it.
class ReadAhead final : public RandomFile {
public:
  static constexpr size_t kWindowSizeMax = 256 << 10;

  explicit ReadAhead(const RandomFile& file) : file_(file) {}

  /// What cannot be read ahead is no failure until it is asked for.
  Status read(uint64_t offset, size_t size, char* target) const override;
  uint64_t size() const override { return file_.size(); }
  const std::string& name() const override { return file_.name(); }

  /// From here on nothing outside of [begin, end) is read ahead.
  void limit(uint64_t begin, uint64_t end) {
    limit_begin_ = begin;
    limit_end_ = end;
  }

  /// Something was read: the next read may be the second of a walk.
  bool has_begun() const { return end_ != 0; }
  /// It reads ahead by now: the walk is a long one.
  bool is_long() const { return run_ > kRunMin; }

private:
  // Reads in a row that say nothing yet: a short scan crosses a block or two.
  static constexpr uint32_t kRunMin = 2;
  static constexpr size_t kWindowSizeMin = 32 << 10;
  // Pages of the index lie between data blocks.
  static constexpr uint64_t kGapMax = 64 << 10;

  bool fill(uint64_t offset, size_t size, bool forward) const;
  void ask_before(uint64_t begin, size_t size) const;

  const RandomFile& file_;
  uint64_t limit_begin_ = 0;
  uint64_t limit_end_ = UINT64_MAX;
  // Of the last read.
  mutable uint64_t begin_ = 0;
  mutable uint64_t end_ = 0;
  mutable uint32_t run_ = 0;

  mutable std::unique_ptr<char[]> window_;
  mutable uint64_t window_begin_ = 0;
  mutable size_t window_size_ = 0;
};

}  // namespace coppice::engine
