// The order of a memtable: a skip list that any number of threads extend and read at once.
#pragma once

#include <array>
#include <new>
#include <span>
#include <vector>

#include "engine/base/arena.hpp"
#include "engine/base/machine_threads.hpp"
#include "engine/cursor/entry.hpp"

namespace coppice::engine {

/// Entries in internal order, added and never removed. Keys and values lie in their nodes, nodes in an arena. Of
/// entries with the same position, the one added last comes first.
///
/// link() is lock-free: it finds the place, links the node from the lowest level up with one CAS each, and
/// where somebody else was faster walks on from where it stood, as no node ever goes away. Readers are wait-free
/// but for the length of the list: they load, compare, and write nothing.
///
/// What a search costs is the lines of memory that it waits for. So many searches are made at once: each asks for
/// the line of the node that it will look at next, and the others make their steps meanwhile.
///
/// Orderings. A node's bytes and its link at a level are written before the CAS (release) that makes the node
/// reachable at that level; every link that is followed is loaded with acquire. So whoever comes to a node at level l sees its
/// bytes and its links at l and below: those were set before, bottom up, by the same thread. Links above may not be
/// set yet and are not looked at. `height_`, and the hints below, may be old in any thread: they
/// only say where to begin, and every beginning is right.
///
/// Source: W. Pugh, "Skip Lists"; the links without locks as in LevelDB and RocksDB. Ours is the first eight bytes of the key as an integer beside the links, so that most comparisons touch one cache line of a node.
///
/// Threads: any number, for everything. Lifetime: the arena outlives the list; nodes and what they point to
/// live as long as it.
template <class Threads>
class BasicSkipList {
public:
  class Node;
  /// Searches that are made at once.
  static constexpr size_t kTogetherMax = 16;

  /// The same seed and entries give the same heights.
  BasicSkipList(Arena& arena, uint64_t seed);
  BasicSkipList(const BasicSkipList&) = delete;
  BasicSkipList& operator=(const BasicSkipList&) = delete;

  /// Entries are added in two steps. The first makes a node that is in no place yet. `hash`: key_hash() of its key.
  /// Requires: the key has 1 to kKeySizeMax bytes, the value at most kValueSizeMax.
  Node* make(const Entry& entry, uint64_t hash);
  /// The second gives nodes their places, in this order; each of many costs less than half.
  void link(std::span<Node* const> nodes);
  /// As link(), where positions never fall, and no other thread uses the list meanwhile. What goes behind all that is there costs no
  /// search.
  void link_in_order(std::span<Node* const> nodes);
  /// As link(), but leaves out a node whose position another node has.
  void link_missing(std::span<Node* const> nodes);
  /// The same with copies of the nodes, which are made where they are missing: for nodes that another thread may be linking.
  void link_copies(std::span<const Node* const> nodes);

  // Of the following, each returns nullptr where there is none.

  /// The first node at or after `target`.
  const Node* seek(const Position& target) const;
  /// The last node before `target`.
  const Node* seek_before(const Position& target) const;
  const Node* last() const;
  /// The nodes right before `target`, in order, as many as `nodes` takes and 4^level on average; how many. None only if
  /// seek_before() finds none. For one search: what going back costs a node. Requires: 0 < level < kHeightMax.
  size_t collect_before(const Position& target, uint32_t level, std::span<const Node*> nodes) const;
  static const Node* next(const Node& node);
  /// The nodes that reach `level`, in order: one in 4^level, whatever their keys. Requires: `level` < kHeightMax.
  std::vector<const Node*> sample(uint32_t level) const;

  /// Two entries with the same position have been inserted. Who has seen both sees this too.
  bool has_equals() const { return has_equals_.load(std::memory_order_relaxed); }

  // With a quarter of the nodes of a level in the next, 12 levels serve 16 million entries.
  static constexpr uint32_t kHeightMax = 12;

private:
  template <class U>
  using Atomic = typename Threads::template Atomic<U>;
  using Link = Atomic<Node*>;
  /// The bytes of a key that are compared at once.
  static constexpr size_t kPrefixSize = sizeof(uint64_t);
  /// A position, taken apart for comparing.
  struct Target;
  class Search;

  static bool is_before(const Node& node, const Target& target);
  static bool is_before_with_same_prefix(const Node& node, const Target& target);
  static bool is_at(const Node& node, const Target& target);
  /// From `behind`, which lies before `target`, to the last such node on the level; sets `ahead` to the one after. A node
  /// that is `ahead` already is known not to lie before.
  static Node* walk(Node* behind, uint32_t level, const Target& target, Node*& ahead);

  /// Searches for some at once and calls `link_one(node, search)` for each in turn.
  template <class AnyNode, class LinkOne>
  void for_each_place(std::span<AnyNode* const> nodes, LinkOne&& link_one);
  /// Requires: at most kTogetherMax.
  template <class AnyNode, class LinkOne>
  void for_each_place_together(std::span<AnyNode* const> nodes, LinkOne&& link_one);
  enum class AtEqual { in_front, not_at_all };
  void link(Node* node, const Search& search, AtEqual at_equal);
  /// Requires: it lies behind all nodes, of which ends_ are the last.
  void append(Node* node);
  bool find_end(Search& search) const;
  Node* make_node(const Entry& entry, uint32_t height);
  uint32_t height_of(uint64_t hash, Timestamp commit) const;
  Search search(const Target& target, uint32_t height) const;

  Arena& arena_;
  const uint64_t seed_;
  Node* const head_;
  Atomic<uint32_t> height_{1};
  Atomic<bool> has_equals_{false};
  /// On each level a node near its end, the last one when entries come in order; then an insert costs no search.
  std::array<Link, kHeightMax> ends_;
};

/// An entry in the arena: this header, then one link for each of its levels, then the key, then the value.
template <class Threads>
class BasicSkipList<Threads>::Node {
public:
  ByteView key() const { return {bytes(), key_size_}; }
  Timestamp commit() const { return Timestamp{commit_}; }
  Entry entry() const { return {key(), commit(), kind_, {bytes() + key_size_, value_size_}}; }

private:
  friend class BasicSkipList;
  template <class U>
  using Plain = typename Threads::template Plain<U>;

  Node(const Entry& entry, uint64_t prefix, uint32_t height)
      : prefix_(prefix),
        commit_(entry.commit.raw),
        value_size_(static_cast<uint32_t>(entry.value.size())),
        key_size_(static_cast<uint16_t>(entry.key.size())),
        kind_(entry.kind),
        height_(static_cast<uint8_t>(height)) {}

  Link& link(uint32_t level) { return std::launder(reinterpret_cast<Link*>(this + 1))[level]; }
  const Link& link(uint32_t level) const {
    return std::launder(reinterpret_cast<const Link*>(this + 1))[level];
  }
  const char* bytes() const { return reinterpret_cast<const char*>(this + 1) + height_ * sizeof(Link); }
  char* bytes() { return reinterpret_cast<char*>(this + 1) + height_ * sizeof(Link); }

  const Plain<uint64_t> prefix_;
  const Plain<uint64_t> commit_;
  const Plain<uint32_t> value_size_;
  const Plain<uint16_t> key_size_;
  const Plain<Kind> kind_;
  const Plain<uint8_t> height_;
};

template <class Threads>
inline auto BasicSkipList<Threads>::next(const Node& node) -> const Node* {
  return node.link(0).load(std::memory_order_acquire);
}

/// Its code lies in skiplist.cpp.
extern template class BasicSkipList<MachineThreads>;
using SkipList = BasicSkipList<MachineThreads>;

}  // namespace coppice::engine
