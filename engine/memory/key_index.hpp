// Finds the newest entry of a key without a search.
#pragma once

#include <array>
#include <atomic>
#include <optional>

#include "engine/base/huge_memory.hpp"
#include "engine/memory/skiplist.hpp"

namespace coppice::engine {

/// A hash table of the nodes of a memtable, one for each key: of its entries the one with the newest commit. It has the size
/// it was made with; of keys that find no room it says so, and the memtable is searched for them.
///
///     line (64 bytes)   slot slot slot slot slot slot slot slot       slot: 0, or  tag (16 bits) | node (48 bits)
///
/// A key's hash says with which line to begin. Slots fill in order, those of kLinesMax lines after each other, and never become
/// empty, or another key's. So the first empty slot ends a search, and of two threads that bring the same key one finds the
/// other's. Most keys cost one line here, and the node.
///
/// Orderings. A node's bytes are written before the CAS (release) that puts it into a slot, and slots are loaded with
/// acquire. Links of nodes are not looked at.
///
/// Threads: any number, for everything. Lifetime: nodes outlive it.
class KeyIndex {
public:
  using Node = SkipList::Node;

  /// `size`: bytes, rounded up to whole lines.
  explicit KeyIndex(size_t size);

  enum class Put {
    done,
    /// The newest entry of the key, which it takes the place of, has the same commit.
    equal,
    /// No room; whether its key has other entries is not known.
    full,
  };
  /// An entry that is older than the newest of its key changes nothing. `hash`: key_hash() of the key.
  Put put(const Node& node, uint64_t hash);

  /// The newest entry of `key`; nullptr: it has none. Nothing: not known.
  std::optional<const Node*> find(ByteView key, uint64_t hash) const;

  /// Begins to load what the others will look at first.
  void prefetch(uint64_t hash) const { __builtin_prefetch(&line(hash, 0)); }

  /// In bytes.
  size_t size() const { return memory_.size(); }

private:
  using Slot = std::atomic<uint64_t>;
  struct Line {
    std::array<Slot, 8> slots;
  };
  static constexpr size_t kLinesMax = 4;

  Line& line(uint64_t hash, size_t index) const;

  HugeMemory memory_;
  const size_t line_count_;
};

}  // namespace coppice::engine
