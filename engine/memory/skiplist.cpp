#include "engine/memory/skiplist.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "engine/base/random.hpp"

namespace coppice::engine {
namespace {

constexpr size_t kPrefixSize = sizeof(uint64_t);

/// The first bytes of a key as an integer that compares as they do. Shorter keys are filled up with zeros.
uint64_t prefix_of(ByteView key) {
  uint64_t prefix = 0;
  key.copy(reinterpret_cast<char*>(&prefix), kPrefixSize);
  return __builtin_bswap64(prefix);
}

}  // namespace

struct SkipList::Target {
  explicit Target(const Position& position)
      : prefix(prefix_of(position.key)), key(position.key), commit(position.commit.raw) {}
  uint64_t prefix;
  ByteView key;
  uint64_t commit;
};

/// Between which two nodes of each level a new one goes.
struct SkipList::Splice {
  std::array<Node*, kHeightMax> behind;
  std::array<Node*, kHeightMax> ahead;
};

SkipList::SkipList(Arena& arena, uint64_t seed)
    : arena_(arena), seed_(Random(seed).next()), head_(make_node(Entry{}, 0, kHeightMax)) {
  for (uint32_t level = 0; level < kHeightMax; ++level) {
    head_->link(level).store(nullptr, std::memory_order_relaxed);
    ends_[level].store(head_, std::memory_order_relaxed);
  }
}

void SkipList::insert(const Entry& entry) {
  COPPICE_CHECK(!entry.key.empty());
  COPPICE_CHECK(entry.key.size() <= kKeySizeMax);
  COPPICE_CHECK(entry.value.size() <= kValueSizeMax);
  const Target target(position(entry));
  const uint32_t height = height_of(count_.fetch_add(1, std::memory_order_relaxed));

  Splice splice;
  if (!find_splice_at_end(target, height, splice)) find_splice(target, height, splice);

  Node* node = make_node(entry, target.prefix, height);
  for (uint32_t level = 0; level < height; ++level) {
    Node* behind = splice.behind[level];
    Node* expected = splice.ahead[level];
    for (;;) {
      // Set before anybody can see the new node in front of its equal.
      if (level == 0 && expected != nullptr && is_at(*expected, target))
        has_equals_.store(true, std::memory_order_relaxed);
      node->link(level).store(expected, std::memory_order_relaxed);
      if (behind->link(level).compare_exchange_strong(expected, node, std::memory_order_release,
                                                      std::memory_order_relaxed))
        break;
      // Somebody linked a node in between, not compared yet: walk on from here to the one known to be ahead.
      expected = splice.ahead[level];
      behind = walk(behind, level, target, expected);
    }
    if (expected == nullptr) ends_[level].store(node, std::memory_order_release);
  }
  uint32_t known = height_.load(std::memory_order_relaxed);
  while (known < height && !height_.compare_exchange_weak(known, height, std::memory_order_relaxed)) {
  }
}

const SkipList::Node* SkipList::seek(const Position& position) const {
  const Target target(position);
  Node* behind = head_;
  Node* ahead = nullptr;
  for (uint32_t level = height_.load(std::memory_order_relaxed); level-- > 0;)
    behind = walk(behind, level, target, ahead);
  return ahead;
}

const SkipList::Node* SkipList::seek_before(const Position& position) const {
  const Target target(position);
  Node* behind = head_;
  Node* ahead = nullptr;
  for (uint32_t level = height_.load(std::memory_order_relaxed); level-- > 0;)
    behind = walk(behind, level, target, ahead);
  return behind == head_ ? nullptr : behind;
}

size_t SkipList::collect_before(const Position& position, uint32_t level,
                                std::span<const Node*> nodes) const {
  const Target target(position);
  Node* behind = head_;
  Node* ahead = nullptr;
  for (uint32_t above = height_.load(std::memory_order_relaxed); above-- > level;)
    behind = walk(behind, above, target, ahead);
  size_t count = 0;
  for (const Node* node = behind == head_ ? next(*head_) : behind;
       node != nullptr && is_before(*node, target); node = next(*node))
    nodes[count++ % nodes.size()] = node;
  if (count <= nodes.size()) return count;
  std::rotate(nodes.begin(), nodes.begin() + static_cast<ptrdiff_t>(count % nodes.size()), nodes.end());
  return nodes.size();
}

const SkipList::Node* SkipList::last() const {
  const Node* behind = head_;
  for (uint32_t level = height_.load(std::memory_order_relaxed); level-- > 0;)
    while (const Node* ahead = behind->link(level).load(std::memory_order_acquire)) behind = ahead;
  return behind == head_ ? nullptr : behind;
}

inline bool SkipList::is_before(const Node& node, const Target& target) {
  if (node.prefix_ != target.prefix) return node.prefix_ < target.prefix;
  return is_before_with_same_prefix(node, target);
}

bool SkipList::is_before_with_same_prefix(const Node& node, const Target& target) {
  // If one of the keys lies in its prefix, it is where the other begins, and the shorter comes first.
  const size_t size = node.key_size_;
  if (size > kPrefixSize && target.key.size() > kPrefixSize) {
    const size_t both = std::min(size, target.key.size()) - kPrefixSize;
    const int order = std::memcmp(node.bytes() + kPrefixSize, target.key.data() + kPrefixSize, both);
    if (order != 0) return order < 0;
  }
  if (size != target.key.size()) return size < target.key.size();
  return node.commit_ > target.commit;
}

bool SkipList::is_at(const Node& node, const Target& target) {
  return node.prefix_ == target.prefix && node.commit_ == target.commit && node.key() == target.key;
}

inline SkipList::Node* SkipList::walk(Node* behind, uint32_t level, const Target& target, Node*& ahead) {
  for (;;) {
    Node* node = behind->link(level).load(std::memory_order_acquire);
    // Where the search goes on if `node` lies ahead, which it does more often than not.
    if (level > 0) __builtin_prefetch(behind->link(level - 1).load(std::memory_order_relaxed));
    // `ahead` from the level above often comes next on this one as well, and has been compared.
    if (node == nullptr || node == ahead || !is_before(*node, target)) {
      ahead = node;
      return behind;
    }
    behind = node;
  }
}

SkipList::Node* SkipList::make_node(const Entry& entry, uint64_t prefix, uint32_t height) {
  static_assert(sizeof(Node) == 24);
  static_assert(Link::is_always_lock_free);
  static_assert(kKeySizeMax <= UINT16_MAX);
  const size_t size = sizeof(Node) + height * sizeof(Link) + entry.key.size() + entry.value.size();
  Node* node = new (arena_.allocate(size)) Node(entry, prefix, height);
  for (uint32_t level = 0; level < height; ++level) new (&node->link(level)) Link;
  char* bytes = node->bytes();
  entry.key.copy(bytes, entry.key.size());
  entry.value.copy(bytes + entry.key.size(), entry.value.size());
  return node;
}

uint32_t SkipList::height_of(uint64_t index) const {
  // `seed_` is spread, so that keys made from the same seed and a counter do not go with the heights: were all
  // tall nodes in one stretch of keys, the list would be a plain one everywhere else.
  // Each pair of zero bits at the end, which comes once in four, is one level more.
  const auto zeros = static_cast<uint32_t>(std::countr_zero(mix(seed_ + index)));
  return std::min(1 + zeros / 2, kHeightMax);
}

void SkipList::find_splice(const Target& target, uint32_t height, Splice& splice) const {
  Node* behind = head_;
  Node* ahead = nullptr;
  for (uint32_t level = std::max(height, height_.load(std::memory_order_relaxed)); level-- > 0;) {
    behind = walk(behind, level, target, ahead);
    splice.behind[level] = behind;
    splice.ahead[level] = ahead;
  }
}

bool SkipList::find_splice_at_end(const Target& target, uint32_t height, Splice& splice) const {
  for (uint32_t level = 0; level < height; ++level) {
    Node* behind = ends_[level].load(std::memory_order_acquire);
    if (behind != head_ && !is_before(*behind, target)) return false;
    // Only at the very end: from a hint that has fallen behind, the search from the top is shorter.
    if (behind->link(level).load(std::memory_order_acquire) != nullptr) return false;
    splice.behind[level] = behind;
    splice.ahead[level] = nullptr;
  }
  return true;
}

}  // namespace coppice::engine
