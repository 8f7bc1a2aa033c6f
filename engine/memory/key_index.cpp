#include "engine/memory/key_index.hpp"

#include <algorithm>

namespace coppice::engine {
namespace {

constexpr uint32_t kNodeBits = 48;

uint64_t slot_of(const SkipList::Node& node, uint64_t hash) {
  const auto address = reinterpret_cast<uintptr_t>(&node);
  static_assert(sizeof(address) == sizeof(uint64_t));
  COPPICE_CHECK(address >> kNodeBits == 0);
  return hash << kNodeBits | address;
}

const SkipList::Node* node_in(uint64_t slot) {
  const uint64_t address = slot & ((uint64_t{1} << kNodeBits) - 1);
  return reinterpret_cast<const SkipList::Node*>(address);  // NOLINT: a slot holds a tag beside it
}

/// The node of the key in `slot`; nullptr: another key's.
const SkipList::Node* match(uint64_t slot, ByteView key, uint64_t hash) {
  if ((slot ^ hash << kNodeBits) >> kNodeBits != 0) return nullptr;
  const SkipList::Node* const node = node_in(slot);
  return node->key() == key ? node : nullptr;
}

}  // namespace

KeyIndex::KeyIndex(size_t size)
    : memory_((std::max(size, sizeof(Line)) + sizeof(Line) - 1) / sizeof(Line) * sizeof(Line)),
      line_count_(memory_.size() / sizeof(Line)) {
  static_assert(sizeof(Line) == 64);
  static_assert(Slot::is_always_lock_free);
}

KeyIndex::Put KeyIndex::put(const Node& node, uint64_t hash) {
  const uint64_t fresh = slot_of(node, hash);
  for (size_t index = 0; index < kLinesMax; ++index) {
    for (Slot& slot : line(hash, index).slots) {
      uint64_t known = slot.load(std::memory_order_acquire);
      if (known == 0 &&
          slot.compare_exchange_strong(known, fresh, std::memory_order_release, std::memory_order_acquire))
        return Put::done;
      const Node* other = match(known, node.key(), hash);
      if (other == nullptr) continue;
      while (other->commit() <= node.commit()) {
        const bool equal = other->commit() == node.commit();
        if (slot.compare_exchange_weak(known, fresh, std::memory_order_release, std::memory_order_acquire))
          return equal ? Put::equal : Put::done;
        other = node_in(known);
      }
      return Put::done;
    }
  }
  return Put::full;
}

std::optional<const SkipList::Node*> KeyIndex::find(ByteView key, uint64_t hash) const {
  for (size_t index = 0; index < kLinesMax; ++index) {
    for (const Slot& slot : line(hash, index).slots) {
      const uint64_t known = slot.load(std::memory_order_acquire);
      if (known == 0) return nullptr;
      if (const Node* node = match(known, key, hash)) return node;
    }
  }
  return std::nullopt;
}

KeyIndex::Line& KeyIndex::line(uint64_t hash, size_t index) const {
  // The upper half of the hash says which; tags come from the lower.
  const size_t first = (hash >> 32) * line_count_ >> 32;
  // Memory that is zero holds lines of empty slots.
  return reinterpret_cast<Line*>(memory_.data())[(first + index) % line_count_];
}

}  // namespace coppice::engine
