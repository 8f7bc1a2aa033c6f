// How a skip list does what its header promises. For skiplist.cpp, and for tests that bring other threads.
#pragma once

#include <algorithm>
#include <bit>

#include "engine/base/byte_strings.hpp"
#include "engine/base/random.hpp"
#include "engine/memory/skiplist.hpp"

namespace coppice::engine {

template <class Threads>
struct BasicSkipList<Threads>::Target {
  Target() = default;
  explicit Target(const Position& position)
      : prefix(leading_number(position.key)), key(position.key), commit(position.commit.raw) {}
  explicit Target(const Node& node) : prefix(node.prefix_), key(node.key()), commit(node.commit_) {}
  uint64_t prefix = 0;
  ByteView key;
  uint64_t commit = 0;
};

/// Goes from the head to the last node before a target on every level, in steps that each wait for one node's
/// line of memory: another search can make its step meanwhile.
template <class Threads>
class BasicSkipList<Threads>::Search {
public:
  Search() = default;
  /// Between which two nodes the target lies is noted for the levels below `noted`.
  Search(const Target& target, Node* head, uint32_t height, uint32_t noted)
      : target_(target), noted_(noted), level_(height - 1), behind_(head) {
    look();
  }

  /// False: it has arrived.
  bool step() {
    if (candidate_ != nullptr && is_before(*candidate_, target_)) {
      behind_ = candidate_;
      look();
      return true;
    }
    // `candidate` often comes next on the level below as well, and has been compared.
    const Node* const compared = candidate_;
    do {
      if (level_ < noted_) places[level_] = {behind_, candidate_};
      if (level_ == 0) return false;
      --level_;
      look();
    } while (candidate_ == nullptr || candidate_ == compared);
    return true;
  }
  void finish() {
    while (step()) {
    }
  }

  const Target& target() const { return target_; }
  uint32_t noted() const { return noted_; }
  /// The last node before the target on level 0, and the one behind that. Requires: it has arrived.
  Node* behind() const { return behind_; }
  Node* ahead() const { return candidate_; }

  /// By level, below noted().
  struct Place {
    Node* behind;
    Node* ahead;
  };
  std::array<Place, kHeightMax> places;

private:
  void look() {
    candidate_ = behind_->link(level_).load(std::memory_order_acquire);
    if (candidate_ != nullptr) {
      __builtin_prefetch(candidate_);
      // Its key, for those that its prefix does not decide.
      __builtin_prefetch(reinterpret_cast<const char*>(candidate_) + sizeof(Node) + 3 * sizeof(Link));
    }
    // Where the search goes on if the candidate lies ahead, which it does more often than not.
    if (level_ > 0) __builtin_prefetch(behind_->link(level_ - 1).load(std::memory_order_relaxed));
  }

  Target target_;
  uint32_t noted_ = 0;
  uint32_t level_ = 0;
  Node* behind_ = nullptr;
  Node* candidate_ = nullptr;
};

template <class Threads>
BasicSkipList<Threads>::BasicSkipList(Arena& arena, uint64_t seed)
    : arena_(arena), seed_(Random(seed).next()), head_(make_node(Entry{}, kHeightMax)) {
  for (uint32_t level = 0; level < kHeightMax; ++level) {
    head_->link(level).store(nullptr, std::memory_order_relaxed);
    ends_[level].store(head_, std::memory_order_relaxed);
  }
}

template <class Threads>
auto BasicSkipList<Threads>::make(const Entry& entry, uint64_t hash) -> Node* {
  COPPICE_CHECK(!entry.key.empty());
  COPPICE_CHECK(entry.key.size() <= kKeySizeMax);
  COPPICE_CHECK(entry.value.size() <= kValueSizeMax);
  return make_node(entry, height_of(hash, entry.commit));
}

template <class Threads>
void BasicSkipList<Threads>::link(std::span<Node* const> nodes) {
  for_each_place(nodes, [this](Node* node, const Search& search) { link(node, search, AtEqual::in_front); });
}

template <class Threads>
void BasicSkipList<Threads>::link_in_order(std::span<Node* const> nodes) {
  constexpr size_t kAhead = 8;
  for (uint32_t level = 0; level < kHeightMax; ++level) {
    Node* end = ends_[level].load(std::memory_order_relaxed);
    while (Node* const next = end->link(level).load(std::memory_order_acquire)) end = next;
    ends_[level].store(end, std::memory_order_relaxed);
  }
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (i + kAhead < nodes.size()) __builtin_prefetch(nodes[i + kAhead], 1);
    const Node* const last = ends_[0].load(std::memory_order_relaxed);
    if (last == head_ || is_before(*last, Target(*nodes[i]))) {
      append(nodes[i]);
    } else {
      link(nodes.subspan(i, 1));
    }
  }
}

template <class Threads>
void BasicSkipList<Threads>::append(Node* node) {
  for (uint32_t level = 0; level < node->height_; ++level) {
    node->link(level).store(nullptr, std::memory_order_relaxed);
    ends_[level].load(std::memory_order_relaxed)->link(level).store(node, std::memory_order_release);
    ends_[level].store(node, std::memory_order_release);
  }
  if (node->height_ > height_.load(std::memory_order_relaxed))
    height_.store(node->height_, std::memory_order_relaxed);
}

template <class Threads>
void BasicSkipList<Threads>::link_missing(std::span<Node* const> nodes) {
  for_each_place(nodes,
                 [this](Node* node, const Search& search) { link(node, search, AtEqual::not_at_all); });
}

template <class Threads>
void BasicSkipList<Threads>::link_copies(std::span<const Node* const> nodes) {
  for_each_place(nodes, [this](const Node* node, const Search& search) {
    const Node* const ahead = search.places[0].ahead;
    if (ahead != nullptr && is_at(*ahead, search.target())) return;
    link(make_node(node->entry(), node->height_), search, AtEqual::not_at_all);
  });
}

template <class Threads>
template <class AnyNode, class LinkOne>
void BasicSkipList<Threads>::for_each_place(std::span<AnyNode* const> nodes, LinkOne&& link_one) {
  for (; nodes.size() > kTogetherMax; nodes = nodes.subspan(kTogetherMax))
    for_each_place_together(nodes.first(kTogetherMax), link_one);
  for_each_place_together(nodes, link_one);
}

template <class Threads>
template <class AnyNode, class LinkOne>
void BasicSkipList<Threads>::for_each_place_together(std::span<AnyNode* const> nodes, LinkOne&& link_one) {
  std::array<Search, kTogetherMax> searches;
  std::array<Search*, kTogetherMax> under_way;
  size_t count = 0;
  for (size_t i = 0; i < nodes.size(); ++i) {
    searches[i] = search(Target(*nodes[i]), nodes[i]->height_);
    if (!find_end(searches[i])) under_way[count++] = &searches[i];
  }
  while (count > 0) {
    size_t left = 0;
    for (size_t i = 0; i < count; ++i)
      if (under_way[i]->step()) under_way[left++] = under_way[i];
    count = left;
  }
  for (size_t i = 0; i < nodes.size(); ++i) {
    // Those that come in order go behind each other.
    if (searches[i].places[0].ahead == nullptr) find_end(searches[i]);
    link_one(nodes[i], searches[i]);
  }
}

template <class Threads>
void BasicSkipList<Threads>::link(Node* node, const Search& search, AtEqual at_equal) {
  const Target& target = search.target();
  const uint32_t height = search.noted();
  for (uint32_t level = 0; level < height; ++level) {
    auto [behind, ahead] = search.places[level];
    for (;;) {
      if (level == 0 && ahead != nullptr && is_at(*ahead, target)) {
        if (at_equal == AtEqual::not_at_all) return;
        // Set before anybody can see the new node in front of its equal.
        has_equals_.store(true, std::memory_order_relaxed);
      }
      node->link(level).store(ahead, std::memory_order_relaxed);
      Node* found = ahead;
      if (behind->link(level).compare_exchange_strong(found, node, std::memory_order_release,
                                                      std::memory_order_relaxed))
        break;
      // A node was linked in between, not compared yet: walk on from here to the one known to be ahead.
      behind = walk(behind, level, target, ahead);
    }
    if (ahead == nullptr) ends_[level].store(node, std::memory_order_release);
  }
  uint32_t known = height_.load(std::memory_order_relaxed);
  while (known < height && !height_.compare_exchange_weak(known, height, std::memory_order_relaxed,
                                                          std::memory_order_relaxed)) {
  }
}

template <class Threads>
auto BasicSkipList<Threads>::walk(Node* behind, uint32_t level, const Target& target, Node*& ahead) -> Node* {
  for (;;) {
    Node* const node = behind->link(level).load(std::memory_order_acquire);
    if (node == nullptr || node == ahead || !is_before(*node, target)) {
      ahead = node;
      return behind;
    }
    behind = node;
  }
}

template <class Threads>
auto BasicSkipList<Threads>::seek(const Position& position) const -> const Node* {
  Search found = search(Target(position), 1);
  found.finish();
  return found.ahead();
}

template <class Threads>
auto BasicSkipList<Threads>::seek_before(const Position& position) const -> const Node* {
  Search found = search(Target(position), 1);
  found.finish();
  return found.behind() == head_ ? nullptr : found.behind();
}

template <class Threads>
size_t BasicSkipList<Threads>::collect_before(const Position& position, uint32_t level,
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

template <class Threads>
auto BasicSkipList<Threads>::sample(uint32_t level) const -> std::vector<const Node*> {
  COPPICE_CHECK(level < kHeightMax);
  std::vector<const Node*> nodes;
  const Node* node = head_;
  while ((node = node->link(level).load(std::memory_order_acquire)) != nullptr) nodes.push_back(node);
  return nodes;
}

template <class Threads>
auto BasicSkipList<Threads>::last() const -> const Node* {
  const Node* behind = head_;
  for (uint32_t level = height_.load(std::memory_order_relaxed); level-- > 0;)
    while (const Node* ahead = behind->link(level).load(std::memory_order_acquire)) behind = ahead;
  return behind == head_ ? nullptr : behind;
}

template <class Threads>
auto BasicSkipList<Threads>::search(const Target& target, uint32_t height) const -> Search {
  return {target, head_, std::max(height, height_.load(std::memory_order_relaxed)), height};
}

template <class Threads>
inline bool BasicSkipList<Threads>::is_before(const Node& node, const Target& target) {
  if (node.prefix_ != target.prefix) return node.prefix_ < target.prefix;
  return is_before_with_same_prefix(node, target);
}

template <class Threads>
bool BasicSkipList<Threads>::is_before_with_same_prefix(const Node& node, const Target& target) {
  const size_t size = node.key_size_;
  // Many keys are as long as two integers, or longer, and differ only in the second.
  if (size >= 2 * kPrefixSize && target.key.size() >= 2 * kPrefixSize) {
    const uint64_t own = leading_number({node.bytes() + kPrefixSize, kPrefixSize});
    const uint64_t other = leading_number({target.key.data() + kPrefixSize, kPrefixSize});
    if (own != other) return own < other;
  }
  const int order = node.key().compare(target.key);
  return order != 0 ? order < 0 : node.commit_ > target.commit;
}

template <class Threads>
inline bool BasicSkipList<Threads>::is_at(const Node& node, const Target& target) {
  return node.prefix_ == target.prefix && node.commit_ == target.commit && node.key() == target.key;
}

template <class Threads>
auto BasicSkipList<Threads>::make_node(const Entry& entry, uint32_t height) -> Node* {
  static_assert(kKeySizeMax <= UINT16_MAX);
  const size_t size = sizeof(Node) + height * sizeof(Link) + entry.key.size() + entry.value.size();
  Node* node = new (arena_.allocate(size)) Node(entry, leading_number(entry.key), height);
  for (uint32_t level = 0; level < height; ++level) new (&node->link(level)) Link;
  char* bytes = node->bytes();
  entry.key.copy(bytes, entry.key.size());
  entry.value.copy(bytes + entry.key.size(), entry.value.size());
  return node;
}

template <class Threads>
uint32_t BasicSkipList<Threads>::height_of(uint64_t hash, Timestamp commit) const {
  // By the entry itself, so that writers share no counter and the order in which they come does not matter.
  // Each pair of zero bits at the end, which comes once in four, is one level more.
  const auto zeros = static_cast<uint32_t>(std::countr_zero(mix(hash ^ mix(seed_ ^ commit.raw))));
  return std::min(1 + zeros / 2, kHeightMax);
}

template <class Threads>
bool BasicSkipList<Threads>::find_end(Search& search) const {
  for (uint32_t level = 0; level < search.noted(); ++level) {
    Node* behind = ends_[level].load(std::memory_order_acquire);
    if (behind != head_ && !is_before(*behind, search.target())) return false;
    // Only at the very end: from a hint that has fallen behind, the search from the top is shorter. What follows is not looked at.
    if (behind->link(level).load(std::memory_order_relaxed) != nullptr) return false;
    search.places[level] = {behind, nullptr};
  }
  return true;
}

}  // namespace coppice::engine
