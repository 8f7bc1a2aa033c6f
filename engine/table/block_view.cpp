#include "engine/table/block_view.hpp"

#include <algorithm>
#include <bit>

#include "engine/base/byte_strings.hpp"

namespace coppice::engine {

namespace {

constexpr size_t kCacheLineSize = 64;

}  // namespace

// What is compared with every entry, and, once for all of them, how it compares with the base.
struct BlockView::Target {
  Target(const Position& with, ByteView base)
      : position(with), common(shared_size(with.key, base)), base_order(base.compare(with.key) <=> 0) {}
  const Position& position;
  size_t common;
  std::strong_ordering base_order;
};

bool BlockView::open(ByteView payload) {
  if (payload.size() < 2 * sizeof(uint32_t) || payload.size() > UINT32_MAX) return false;
  data_ = payload.data();
  size_ = static_cast<uint32_t>(payload.size());
  const auto word = load_fixed<uint32_t>(data_);
  kind_ = (word & kPageBit) != 0 ? BlockKind::page : BlockKind::data;
  count_ = word & ~kPageBit;
  wide_ = size_ >= kWideBlockSize;
  lookup_ = kind_ == BlockKind::page ? 8 : 4;
  const uint64_t offsets = lookup_ + uint64_t{count_} * (kind_ == BlockKind::page ? 8 : 1);
  const uint64_t entries = offsets + uint64_t{count_} * (wide_ ? 4 : 2);
  if (count_ == 0 || entries + kEntrySizeMin > size_) return false;
  offsets_ = static_cast<uint32_t>(offsets);
  // The first entry has nothing before it to share: so long as the base is empty, decode() sees to that.
  base_ = {};
  RawEntry first;
  if (!decode(0, first)) return false;
  base_ = first.suffix;
  common_ = kind_ == BlockKind::page ? load_fixed<uint32_t>(data_ + 4) : 0;
  return common_ <= base_.size();
}

// The entry shares its first bytes with the base, so only what follows them is compared: where the entry is like the
// base for longer than the target is, it lies on the base's side of the target.
std::strong_ordering BlockView::compare_at(uint32_t index, const Target& target, bool& damaged) const {
  RawEntry entry;
  if (!decode(index, entry)) {
    damaged = true;
    return std::strong_ordering::equal;
  }
  if (entry.shared > target.common) return target.base_order;
  if (const int order = entry.suffix.compare(target.position.key.substr(entry.shared)); order != 0)
    return order <=> 0;
  return target.position.commit <=> entry.commit;
}

uint32_t BlockView::lower_bound(const Position& target) const {
  uint32_t first = 0;
  uint32_t count = count_;
  if (kind_ == BlockKind::page) {
    const int order = target.key.substr(0, common_).compare(base_.substr(0, common_));
    if (order != 0) return order < 0 ? 0 : count_;
    const char* const heads = data_ + lookup_;
    const uint64_t head = head_of(target.key, common_);
    first = static_cast<uint32_t>(count_below(heads, count_, head));
    if (first == count_ || load_fixed<uint64_t>(heads + size_t{first} * 8) != head) return first;
    // Those with the same head are left to compare in full.
    const size_t behind = head == UINT64_MAX ? count_ : count_below(heads, count_, head + 1);
    count = static_cast<uint32_t>(behind) - first;
  }

  const Target compared(target, base_);
  bool damaged = false;
  while (count > 0) {
    const uint32_t half = count / 2;
    if (compare_at(first + half, compared, damaged) < 0) {
      first += half + 1;
      count -= half + 1;
    } else {
      count = half;
    }
  }
  return damaged ? kDamaged : first;
}

// Calls `visit` with the index of each entry whose fingerprint may be this hash's, until it returns true.
template <class Visit>
void BlockView::visit_matches(uint64_t hash, Visit&& visit) const {
  // Eight fingerprints at a time. The subtraction marks every byte that is 0 after the exclusive or, and may, behind
  // one, mark another that is not: the key itself decides. An entry lies behind the tables, so loads past the last
  // fingerprint stay inside.
  constexpr uint64_t kOnes = 0x0101010101010101;
  const uint64_t wanted = kOnes * fingerprint_of(hash);
  const char* const fingerprints = data_ + lookup_;
  for (uint32_t i = 0; i < count_; i += 8) {
    const uint64_t differ = load_fixed<uint64_t>(fingerprints + i) ^ wanted;
    uint64_t marks = (differ - kOnes) & ~differ & (kOnes << 7);
    for (; marks != 0; marks &= marks - 1) {
      const uint32_t index = i + static_cast<uint32_t>(std::countr_zero(marks)) / 8;
      if (index >= count_) break;
      if (visit(index)) return;
    }
  }
}

void BlockView::prefetch(uint64_t hash) const {
  visit_matches(hash, [this](uint32_t index) {
    const char* const begins = data_ + std::min(offset_of(index), size_ - 1);
    for (size_t line = 0; line < 3; ++line) __builtin_prefetch(begins + line * kCacheLineSize);
    return true;
  });
}

uint32_t BlockView::find(ByteView key, Timestamp at, uint64_t hash, RawEntry& entry) const {
  uint32_t found = count_;
  visit_matches(hash, [&](uint32_t index) {
    // The value is asked for next, once its size is known: let it be on its way already.
    const char* const begins = data_ + std::min(offset_of(index), size_ - 1);
    __builtin_prefetch(begins + kCacheLineSize);
    __builtin_prefetch(begins + 2 * kCacheLineSize);
    if (!decode(index, entry)) {
      found = kDamaged;
      return true;
    }
    if (entry.commit > at || entry.shared + entry.suffix.size() != key.size() ||
        key.substr(entry.shared) != entry.suffix ||
        key.substr(0, entry.shared) != base_.substr(0, entry.shared))
      return false;
    found = index;
    return true;
  });
  return found;
}

}  // namespace coppice::engine
