// The newest part of a tree, in memory: what was committed and is in no table yet.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/base/arena.hpp"
#include "engine/base/checksum.hpp"
#include "engine/base/lane.hpp"
#include "engine/cursor/cursor.hpp"
#include "engine/memory/gathered_nodes.hpp"
#include "engine/memory/key_index.hpp"
#include "engine/memory/range_deletes.hpp"
#include "engine/memory/skiplist.hpp"

namespace coppice::engine {

/// Entries in a skip list, and range deletes beside them. It grows until its owner seals it, by no longer writing;
/// nothing in it moves or goes away before it is destroyed.
///
/// What a writer inserted is seen by whoever has seen something it did afterwards with release order: the visible
/// timestamp, which a tree raises when a whole batch is in. Readers that begin earlier may see a part of a batch,
/// but at their own timestamp none of it.
///
/// What is gathered is found by its key at once, and has no place in the order until there are so many that their places are
/// found together, which takes a third of the time. Who needs the order meanwhile (a cursor, or who asks for an earlier
/// moment) does not wait: see gathered_nodes.hpp.
///
/// Threads: insert() and all that reads, any number at once. gather(), settle() and add(): the owner only, while others read and
/// insert.
class Memtable {
public:
  /// `expected_size`: in bytes, what it should grow to; gets cost a search for keys that come much later.
  explicit Memtable(uint64_t seed, size_t expected_size = 1 << 20);
  ~Memtable();

  /// Of two entries with the same key and commit the one inserted later is found, and the other never.
  /// Requires: the limits of schema/types.hpp.
  void insert(const Entry& entry);
  /// The same, in this order, but each costs less than half. Requires: one with the same key and commit came this way too.
  void gather(std::span<const Entry> entries);
  /// Gives all that was gathered its place, so that no reader has to. For a memtable that is sealed.
  void settle() { gathered_.settle(); }

  /// A call costs as much as there are range deletes already; seal the memtable when they are many.
  void add(std::span<const RangeDelete> ranges);
  void add(const RangeDelete& range) { add({&range, 1}); }

  /// The newest entry of `key` at or before `at`: without a search if that is the newest of all. `hash`: key_hash(key).
  /// Lifetime: of its views, the memtable's.
  std::optional<Entry> find(ByteView key, uint64_t hash, Timestamp at) const;
  std::optional<Entry> find(ByteView key, Timestamp at) const { return find(key, key_hash(key), at); }

  /// Requires: called before an operand is put in.
  void note_operand() { has_operands_.store(true, std::memory_order_relaxed); }
  /// Some entry may be an operand.
  bool has_operands() const { return has_operands_.load(std::memory_order_relaxed); }

  /// Begins to load what find() of a key with this hash will look at first.
  void prefetch(uint64_t hash) const { index_.prefetch(hash); }

  /// Something but a remove in [begin, end) committed after `at`.
  bool has_put_after(Timestamp at, ByteView begin, ByteView end) const;

  /// Walks all entries, without range deletes; what is inserted ahead of it meanwhile it may see or not. Entries with the same key and
  /// commit as one before them are left out, so that positions rise strictly. Never fails.
  /// Lifetime: the memtable outlives it; views of entries live as long as the memtable.
  std::unique_ptr<Cursor> cursor() const;

  /// Keys that lie evenly among the entries, ascending: from `count` to four times as many on average, or all if those
  /// are fewer. Requires: `count` > 0.
  std::vector<Bytes> sample_keys(size_t count) const;

  /// Those of this moment. Lifetime: the memtable's, also when more are added.
  const RangeDeletes& range_deletes() const { return *range_deletes_.load(std::memory_order_acquire); }

  /// Memory, as charged against a budget.
  size_t size() const;
  /// Of that, keys and values, about.
  size_t data_size() const;
  uint64_t entry_count() const;
  /// Of those given to add().
  uint32_t range_delete_count() const { return range_delete_count_.load(std::memory_order_relaxed); }
  bool empty() const { return entry_count() == 0 && range_delete_count() == 0; }

  /// Of entries and range deletes. Requires: not empty().
  Timestamp oldest_commit() const;
  Timestamp newest_commit() const;

private:
  /// What was inserted on it, or added by the owner.
  struct alignas(kLaneAlignment) Lane {
    std::atomic<uint64_t> entry_count{0};
    std::atomic<uint64_t> oldest{UINT64_MAX};
    std::atomic<uint64_t> newest{0};

    void note(Timestamp commit);
  };

  friend class MemtableLoader;
  struct Made;

  /// Counted, and in the index. At most kTogetherMax.
  Made make(std::span<const Entry> entries);

  Arena arena_;
  // Readers link copies.
  mutable SkipList entries_;
  KeyIndex index_;
  mutable GatheredNodes<> gathered_{entries_};
  // The owner's: the newest commit that was gathered ever.
  Timestamp gathered_through_;
  std::array<Lane, kLaneCount> lanes_;
  std::atomic<bool> has_operands_{false};

  std::atomic<const RangeDeletes*> range_deletes_;
  std::atomic<uint32_t> range_delete_count_{0};
  std::atomic<size_t> range_deletes_size_{0};
  // The owner's. Every form that was ever published: readers may still hold an old one.
  std::vector<std::unique_ptr<const RangeDeletes>> range_deletes_ever_;
  std::vector<RangeDelete> range_delete_list_;
};

}  // namespace coppice::engine
