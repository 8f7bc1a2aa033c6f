#include "engine/table/read_ahead.hpp"

#include <algorithm>
#include <cstring>

namespace coppice::engine {

Status ReadAhead::read(uint64_t offset, size_t size, char* target) const {
  const bool forward = offset >= end_ && offset - end_ <= kGapMax;
  const bool back = offset + size <= begin_ && begin_ - (offset + size) <= kGapMax;
  run_ = forward || back ? run_ + 1 : 0;
  begin_ = offset;
  end_ = offset + size;

  const bool here = offset >= window_begin_ && end_ <= window_begin_ + window_size_;
  if (!here && (!is_long() || !fill(offset, size, forward))) return file_.read(offset, size, target);
  std::memcpy(target, window_.get() + (offset - window_begin_), size);
  return success();
}

// Puts what is asked for, and more in the direction of the walk, into the window.
bool ReadAhead::fill(uint64_t offset, size_t size, bool forward) const {
  const size_t grown = std::clamp(2 * window_size_, kWindowSizeMin, kWindowSizeMax);
  window_size_ = 0;
  const uint64_t end = std::min(file_.size(), forward ? offset + grown : offset + size);
  const uint64_t begin = forward ? offset : end - std::min<uint64_t>(end, grown);
  if (begin > offset || end < offset + size) return false;
  if (window_ == nullptr) window_ = std::make_unique_for_overwrite<char[]>(kWindowSizeMax);
  if (!file_.read(begin, end - begin, window_.get()).ok()) return false;
  window_begin_ = begin;
  window_size_ = end - begin;
  return true;
}

}  // namespace coppice::engine
