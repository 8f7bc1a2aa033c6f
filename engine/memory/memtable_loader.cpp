#include "engine/memory/memtable_loader.hpp"

#include <algorithm>

#include "engine/base/byte_strings.hpp"

namespace coppice::engine {
namespace {

using Node = SkipList::Node;

struct Place {
  /// Of the key's bytes behind those that all keys begin with, the first 8, the highest first.
  uint64_t head;
  Node* node;
};

// While nodes wait for their places, each takes itself in the list of those, and two of these.
constexpr size_t kWaitingSize = sizeof(Node*) + 2 * sizeof(Place);

/// How many bytes all keys begin with.
size_t size_of_shared(const std::vector<Node*>& nodes) {
  ByteView shared = nodes.front()->key();
  for (const Node* node : nodes) {
    const ByteView key = node->key();
    if (key.starts_with(shared)) continue;
    shared = shared.substr(0, shared_size(shared, key));
  }
  return shared.size();
}

/// Those with the same head stay in their order. By one byte after the other, from the last to the first: a third of what
/// comparing takes.
void sort_by_head(std::vector<Place>& places) {
  std::array<std::array<size_t, 256>, sizeof(uint64_t)> counts{};
  for (const Place& place : places)
    for (size_t byte = 0; byte < counts.size(); ++byte) ++counts[byte][place.head >> (8 * byte) & 0xff];
  std::vector<Place> sorted(places.size());
  for (size_t byte = 0; byte < counts.size(); ++byte) {
    std::array<size_t, 256>& ends = counts[byte];
    // All have the same byte here.
    if (ends[places.front().head >> (8 * byte) & 0xff] == places.size()) continue;
    size_t begin = 0;
    for (size_t& end : ends) begin += std::exchange(end, begin);
    for (const Place& place : places) sorted[ends[place.head >> (8 * byte) & 0xff]++] = place;
    places.swap(sorted);
  }
}

/// In internal order; of equals the one that came first stays in front.
void sort(std::vector<Node*>& nodes) {
  const size_t shared = size_of_shared(nodes);
  std::vector<Place> places;
  places.reserve(nodes.size());
  for (Node* node : nodes) places.push_back({leading_number(node->key().substr(shared)), node});
  sort_by_head(places);
  for (auto begin = places.begin(); begin != places.end();) {
    const auto end =
        std::find_if(begin + 1, places.end(), [&](const Place& p) { return p.head != begin->head; });
    if (end - begin > 1)
      std::stable_sort(begin, end, [](const Place& a, const Place& b) {
        const int order = a.node->key().compare(b.node->key());
        return order != 0 ? order < 0 : a.node->commit() > b.node->commit();
      });
    begin = end;
  }
  std::ranges::transform(places, nodes.begin(), &Place::node);
}

}  // namespace

MemtableLoader::MemtableLoader(Memtable& memtable, size_t size)
    : memtable_(memtable), waiting_max_(std::max<size_t>(size / 4 / kWaitingSize, 1)) {}

void MemtableLoader::add(const Entry& entry) {
  const uint64_t hash = key_hash(entry.key);
  memtable_.index_.prefetch(hash);
  Memtable::Lane& lane = memtable_.lanes_[this_lane()];
  lane.note(entry.commit);
  lane.entry_count.fetch_add(1, std::memory_order_relaxed);
  waiting_.push_back(memtable_.entries_.make(entry, hash));
  hashes_[hash_count_++] = hash;
  if (hash_count_ == hashes_.size()) index();
  if (waiting_.size() == waiting_max_) place();
}

void MemtableLoader::finish() { place(); }

void MemtableLoader::index() {
  Node* const* const nodes = waiting_.data() + waiting_.size() - hash_count_;
  for (size_t i = 0; i < hash_count_; ++i) (void)memtable_.index_.put(*nodes[i], hashes_[i]);
  hash_count_ = 0;
}

void MemtableLoader::place() {
  if (waiting_.empty()) return;
  index();
  sort(waiting_);
  memtable_.entries_.link_in_order(waiting_);
  waiting_.clear();
}

}  // namespace coppice::engine
