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
  if (here || (is_long() && fill(offset, size, forward))) {
    std::memcpy(target, window_.get() + (offset - window_begin_), size);
    return success();
  }
  return file_.read(offset, size, target);
}

// Puts what is asked for, and more in the direction of the walk, into the window.
bool ReadAhead::fill(uint64_t offset, size_t size, bool forward) const {
  const size_t grown = std::clamp(2 * window_size_, kWindowSizeMin, kWindowSizeMax);
  window_size_ = 0;
  uint64_t begin = offset;
  uint64_t end = offset + size;
  if (size > grown || end > file_.size()) return false;
  if (forward) {
    end = std::max(end, std::min({file_.size(), limit_end_, offset + grown}));
  } else {
    begin = std::min(begin, std::max(limit_begin_, end - std::min<uint64_t>(end, grown)));
  }
  // First, so that the disk has both at once. Forward the system sees that by itself, and goes about it better unasked.
  if (!forward) ask_before(begin, std::min(2 * grown, kWindowSizeMax));
  if (window_ == nullptr) window_ = std::make_unique_for_overwrite<char[]>(kWindowSizeMax);
  if (!file_.read(begin, end - begin, window_.get()).ok()) return false;
  window_begin_ = begin;
  window_size_ = end - begin;
  return true;
}

void ReadAhead::ask_before(uint64_t begin, size_t size) const {
  const uint64_t from = std::max(limit_begin_, begin - std::min<uint64_t>(begin, size));
  if (from < begin) file_.will_read(from, begin - from);
}

}  // namespace coppice::engine
