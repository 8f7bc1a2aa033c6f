// Entries of a memtable that are found by their keys already, and wait for their places in its order.
#pragma once

#include <array>

#include "engine/memory/skiplist.hpp"

namespace coppice::engine {

/// So many nodes as get their places together. Who needs the order meanwhile does not wait: it links copies where nodes are
/// missing, and clears their slots. The owner does the same with the nodes themselves. Which of the two comes first, one of them
/// is linked.
///
///     owner    node -> slot -> ... all slots are taken: link what is missing -> clear the slots
///     reader           read the slots -> link copies of what is missing -> clear the slots -> walk
///
/// Orderings. A slot is set with release behind its node's bytes, and cleared with release behind the link. It is loaded with
/// acquire, and the list thereafter: so an entry is in the slot, or else the list has it.
///
/// Threads: link_copies() any number, the rest the owner. Lifetime: the list's.
template <class Threads = MachineThreads>
class GatheredNodes {
public:
  using List = BasicSkipList<Threads>;
  using Node = typename List::Node;

  explicit GatheredNodes(List& list) : list_(list) {}

  /// Requires: no other entry has its position.
  void add(Node* node) {
    slots_[count_++].store(node, std::memory_order_release);
    if (count_ == slots_.size()) settle();
  }

  /// Gives each of them its place.
  void settle() {
    std::array<Node*, List::kTogetherMax> nodes;
    size_t count = 0;
    for (size_t i = 0; i < count_; ++i)
      if (Node* const node = slots_[i].load(std::memory_order_acquire)) nodes[count++] = node;
    list_.link_missing(std::span(nodes).first(count));
    for (size_t i = 0; i < count_; ++i) slots_[i].store(nullptr, std::memory_order_release);
    count_ = 0;
  }

  /// What was added before has its place on return, or a copy of it has.
  void link_copies() {
    std::array<const Node*, List::kTogetherMax> nodes;
    std::array<Slot*, List::kTogetherMax> slots;
    size_t count = 0;
    for (Slot& slot : slots_) {
      nodes[count] = slot.load(std::memory_order_acquire);
      if (nodes[count] != nullptr) slots[count++] = &slot;
    }
    if (count == 0) return;
    list_.link_copies(std::span(nodes).first(count));
    for (size_t i = 0; i < count; ++i) {
      // Unless the slot was cleared, or taken by another node, meanwhile.
      auto* node = const_cast<Node*>(nodes[i]);
      slots[i]->compare_exchange_strong(node, nullptr, std::memory_order_release, std::memory_order_relaxed);
    }
  }

private:
  using Slot = typename Threads::template Atomic<Node*>;

  List& list_;
  /// In the order in which they came; null: free, or linked by a reader.
  std::array<Slot, List::kTogetherMax> slots_{};
  // The owner's: slots taken.
  size_t count_ = 0;
};

}  // namespace coppice::engine
