#include "engine/table/block_cursor.hpp"

#include <algorithm>
#include <cstring>

namespace coppice::engine {

bool BlockCursor::reset(ByteView payload) {
  damaged_ = !view_.open(payload);
  index_ = 0;
  kept_ = 0;
  return !damaged_;
}

ByteView BlockCursor::assemble(const RawEntry& raw) {
  if (raw.shared == 0) return raw.suffix;
  const size_t size = raw.shared + raw.suffix.size();
  if (size > capacity_) {
    capacity_ = std::max(2 * capacity_, size);
    heap_ = std::make_unique<char[]>(capacity_);
    kept_ = 0;
  }
  char* const buffer = heap_ ? heap_.get() : inline_;
  if (raw.shared > kept_) std::memcpy(buffer + kept_, view_.base().data() + kept_, raw.shared - kept_);
  kept_ = raw.shared;
  std::memcpy(buffer + raw.shared, raw.suffix.data(), raw.suffix.size());
  return {buffer, size};
}

// Requires: not damaged, and `index` is one.
const Entry* BlockCursor::come_to(uint32_t index) {
  RawEntry raw;
  if (!view_.decode(index, raw)) {
    damaged_ = true;
    return nullptr;
  }
  index_ = index;
  entry_ = {assemble(raw), Timestamp{raw.commit.raw + commit_shift_}, raw.kind, raw.value};
  return &entry_;
}

const Entry* BlockCursor::seek(const Position& target) {
  if (damaged_) return nullptr;
  const uint32_t index = view_.lower_bound(target);
  damaged_ = index == BlockView::kDamaged;
  return damaged_ || index == view_.count() ? nullptr : come_to(index);
}

const Entry* BlockCursor::seek_before(const Position& target) {
  if (damaged_) return nullptr;
  const uint32_t index = view_.lower_bound(target);
  damaged_ = index == BlockView::kDamaged;
  return damaged_ || index == 0 ? nullptr : come_to(index - 1);
}

}  // namespace coppice::engine
