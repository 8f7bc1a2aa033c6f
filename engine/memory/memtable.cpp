#include "engine/memory/memtable.hpp"

#include <algorithm>

namespace coppice::engine {
namespace {

// Of the expected size the index takes one part in so many: with values of 100 bytes, a slot or more for each key.
constexpr size_t kIndexPart = 16;

class MemtableCursor final : public Cursor {
public:
  explicit MemtableCursor(const SkipList& entries) : entries_(entries) {}

  const Entry* seek(const Position& target) override {
    forget_before();
    return come_to(entries_.seek(target));
  }

  const Entry* seek_before(const Position& target) override {
    forget_before();
    return come_to(first_of_equals(entries_.seek_before(target)));
  }

  const Entry* seek_last() override {
    forget_before();
    return come_to(first_of_equals(entries_.last()));
  }

  const Entry* next() override {
    COPPICE_CHECK(node_ != nullptr);
    before_count_ = 0;
    const SkipList::Node* node = SkipList::next(*node_);
    // Hardly ever set, and then comparing keys at every step is saved.
    if (entries_.has_equals()) {
      while (node != nullptr && node->commit() == node_->commit() && node->key() == node_->key())
        node = SkipList::next(*node);
    }
    return come_to(node);
  }

  const Entry* prev() override {
    COPPICE_CHECK(node_ != nullptr);
    if (before_count_ == 0) collect_before();
    return come_to(before_count_ == 0 ? nullptr : before_[--before_count_]);
  }

  const Status& status() const override { return status_; }

private:
  const SkipList::Node* first_of_equals(const SkipList::Node* node) const {
    if (node == nullptr || !entries_.has_equals()) return node;
    return entries_.seek({node->key(), node->commit()});
  }

  void forget_before() {
    before_count_ = 0;
    collected_ = false;
  }

  // The list has no links back, and a search costs as much as many steps forward: so one search goes back over several
  // nodes, some at first and more once it shows that more are wanted.
  void collect_before() {
    before_count_ = entries_.collect_before(position(entry_), collected_ ? 2 : 1, before_);
    collected_ = true;
    if (before_count_ == 0 || !entries_.has_equals()) return;
    before_[0] = first_of_equals(before_[0]);
    const auto end = before_.begin() + static_cast<ptrdiff_t>(before_count_);
    const auto same = [](const SkipList::Node* a, const SkipList::Node* b) {
      return a->commit() == b->commit() && a->key() == b->key();
    };
    before_count_ = static_cast<size_t>(std::unique(before_.begin(), end, same) - before_.begin());
  }

  const Entry* come_to(const SkipList::Node* node) {
    node_ = node;
    if (node == nullptr) return nullptr;
    entry_ = node->entry();
    return &entry_;
  }

  const SkipList& entries_;
  const SkipList::Node* node_ = nullptr;
  Entry entry_;
  // Going back, what comes next, the last first.
  std::array<const SkipList::Node*, 64> before_;
  size_t before_count_ = 0;
  bool collected_ = false;
  const Status status_;
};

}  // namespace

Memtable::Memtable(uint64_t seed, size_t expected_size)
    : entries_(arena_, seed), index_(expected_size / kIndexPart) {
  range_deletes_ever_.push_back(std::make_unique<const RangeDeletes>());
  range_deletes_.store(range_deletes_ever_.back().get(), std::memory_order_release);
}

Memtable::~Memtable() = default;

struct Memtable::Made {
  std::span<SkipList::Node* const> span() const { return std::span(nodes).first(count); }

  std::array<SkipList::Node*, SkipList::kTogetherMax> nodes;
  std::array<KeyIndex::Put, SkipList::kTogetherMax> puts;
  size_t count = 0;
};

void Memtable::insert(const Entry& entry) { entries_.link(make({&entry, 1}).span()); }

void Memtable::gather(std::span<const Entry> entries) {
  for (; entries.size() > SkipList::kTogetherMax; entries = entries.subspan(SkipList::kTogetherMax))
    gather(entries.first(SkipList::kTogetherMax));
  const Made made = make(entries);
  bool may_be_equal = false;
  for (size_t i = 0; i < made.count; ++i) {
    const Timestamp commit = entries[i].commit;
    // Nothing that came before has a commit so new, or else nothing of the same key has.
    const bool differs =
        commit > gathered_through_ || (commit == gathered_through_ && made.puts[i] == KeyIndex::Put::done);
    if (!differs) may_be_equal = true;
    gathered_through_ = std::max(gathered_through_, commit);
  }
  if (may_be_equal) {
    // In a slot the order in which equals came would be lost.
    settle();
    return entries_.link(made.span());
  }
  for (SkipList::Node* const node : made.span()) gathered_.add(node);
}

Memtable::Made Memtable::make(std::span<const Entry> entries) {
  Lane& lane = lanes_[this_lane()];
  for (const Entry& entry : entries) lane.note(entry.commit);
  lane.entry_count.fetch_add(entries.size(), std::memory_order_relaxed);

  std::array<uint64_t, SkipList::kTogetherMax> hashes;
  for (size_t i = 0; i < entries.size(); ++i) {
    hashes[i] = key_hash(entries[i].key);
    index_.prefetch(hashes[i]);
  }
  Made made;
  for (const Entry& entry : entries) {
    made.nodes[made.count] = entries_.make(entry, hashes[made.count]);
    ++made.count;
  }
  for (size_t i = 0; i < made.count; ++i) made.puts[i] = index_.put(*made.nodes[i], hashes[i]);
  return made;
}

void Memtable::add(std::span<const RangeDelete> ranges) {
  if (ranges.empty()) return;
  Lane& lane = lanes_[this_lane()];
  for (const RangeDelete& range : ranges) {
    lane.note(range.commit);
    range_delete_list_.push_back(range);
  }
  auto fresh = std::make_unique<const RangeDeletes>(range_delete_list_);
  range_deletes_size_.fetch_add(fresh->size(), std::memory_order_relaxed);
  range_delete_count_.fetch_add(static_cast<uint32_t>(ranges.size()), std::memory_order_relaxed);
  range_deletes_.store(fresh.get(), std::memory_order_release);
  range_deletes_ever_.push_back(std::move(fresh));
}

std::optional<Entry> Memtable::find(ByteView key, uint64_t hash, Timestamp at) const {
  const std::optional<const SkipList::Node*> newest = index_.find(key, hash);
  if (newest && *newest == nullptr) return std::nullopt;
  if (newest && (*newest)->commit() <= at) return (*newest)->entry();
  gathered_.link_copies();
  const SkipList::Node* node = entries_.seek({key, at});
  if (node == nullptr || node->key() != key) return std::nullopt;
  return node->entry();
}

bool Memtable::has_put_after(Timestamp at, ByteView begin, ByteView end) const {
  if (newest_commit() <= at) return false;
  gathered_.link_copies();
  for (const auto* node = entries_.seek({begin, kTimestampMax}); node != nullptr && node->key() < end;
       node = SkipList::next(*node))
    if (node->commit() > at && !is_remove(node->entry().kind)) return true;
  return false;
}

std::unique_ptr<Cursor> Memtable::cursor() const {
  gathered_.link_copies();
  return std::make_unique<MemtableCursor>(entries_);
}

std::vector<Bytes> Memtable::sample_keys(size_t count) const {
  COPPICE_CHECK(count > 0);
  uint32_t level = 0;
  for (uint64_t rest = entry_count() / 4; rest >= count && level + 1 < SkipList::kHeightMax; rest /= 4)
    ++level;
  std::vector<Bytes> keys;
  for (const SkipList::Node* node : entries_.sample(level)) keys.emplace_back(node->key());
  return keys;
}

size_t Memtable::size() const {
  return sizeof(*this) + arena_.size() + index_.size() + range_deletes_size_.load(std::memory_order_relaxed);
}

size_t Memtable::data_size() const {
  // A header, and links: one, and a quarter of the nodes have one more, and so on.
  constexpr size_t kNodeOverhead = sizeof(SkipList::Node) + sizeof(void*) * 4 / 3;
  const size_t overhead = entry_count() * kNodeOverhead;
  return arena_.size() - std::min(arena_.size(), overhead);
}

uint64_t Memtable::entry_count() const {
  uint64_t count = 0;
  for (const Lane& lane : lanes_) count += lane.entry_count.load(std::memory_order_relaxed);
  return count;
}

Timestamp Memtable::oldest_commit() const {
  uint64_t oldest = UINT64_MAX;
  for (const Lane& lane : lanes_) oldest = std::min(oldest, lane.oldest.load(std::memory_order_relaxed));
  return Timestamp{oldest};
}

Timestamp Memtable::newest_commit() const {
  uint64_t newest = 0;
  for (const Lane& lane : lanes_) newest = std::max(newest, lane.newest.load(std::memory_order_relaxed));
  return Timestamp{newest};
}

void Memtable::Lane::note(Timestamp commit) {
  // Mostly only the newest changes, and only once in a batch.
  uint64_t known = newest.load(std::memory_order_relaxed);
  while (known < commit.raw && !newest.compare_exchange_weak(known, commit.raw, std::memory_order_relaxed)) {
  }
  known = oldest.load(std::memory_order_relaxed);
  while (known > commit.raw && !oldest.compare_exchange_weak(known, commit.raw, std::memory_order_relaxed)) {
  }
}

}  // namespace coppice::engine
