#include "engine/replay.hpp"

#include <algorithm>

#include "engine/apply.hpp"

namespace coppice::engine {
namespace {

// Its keys, and the batches that hold them, still fit in a processor's cache or nearly.
constexpr size_t kSizeMax = 4 << 20;

/// Where an entry goes, and which it is.
struct Place {
  /// Of the key's bytes behind those that all keys begin with, the first 8, the highest first.
  uint64_t head;
  size_t index;
};

size_t shared_size(const std::vector<Entry>& entries) {
  ByteView shared = entries.front().key;
  for (const Entry& entry : entries) {
    const auto differ = std::mismatch(shared.begin(), shared.end(), entry.key.begin(), entry.key.end());
    shared = shared.substr(0, static_cast<size_t>(differ.first - shared.begin()));
  }
  return shared.size();
}

uint64_t head_of(ByteView rest) {
  uint64_t head = 0;
  for (size_t i = 0; i < sizeof(head); ++i)
    head = head << 8 | (i < rest.size() ? static_cast<unsigned char>(rest[i]) : 0u);
  return head;
}

std::vector<Place> sorted(const std::vector<Entry>& entries) {
  const size_t shared = shared_size(entries);
  std::vector<Place> places;
  places.reserve(entries.size());
  for (const Entry& entry : entries) places.push_back({head_of(entry.key.substr(shared)), places.size()});
  std::ranges::sort(places, [&](const Place& a, const Place& b) {
    if (a.head != b.head) return a.head < b.head;
    const int order = entries[a.index].key.compare(entries[b.index].key);
    // Of one key in the order in which they came.
    return order != 0 ? order < 0 : a.index < b.index;
  });
  return places;
}

}  // namespace

Replay::Replay(size_t memtable_size) : size_max_(std::min(kSizeMax, memtable_size / 8)) {}

void Replay::add(Batch batch, Timestamp commit) {
  size_ += batch.bytes().size();
  costly_ = costly_ || batch.range_delete_count() > 0;
  waiting_.emplace_back(std::move(batch), commit);
}

Timestamp Replay::apply_to(Memtable& memtable) {
  std::vector<Entry> entries;
  Applier applier(memtable);
  for (const auto& [batch, commit] : waiting_) {
    if (batch.range_delete_count() > 0) {
      applier.apply(batch, commit);
      continue;
    }
    for (Batch::Reader reader(batch); const auto operation = reader.next();)
      entries.push_back({operation->key, commit,
                         operation->kind == OperationKind::put ? Kind::put : Kind::remove, operation->value});
  }
  applier.finish();
  if (!entries.empty()) {
    std::vector<Entry> in_order;
    in_order.reserve(entries.size());
    for (const Place& place : sorted(entries)) in_order.push_back(entries[place.index]);
    memtable.gather(in_order);
  }
  memtable.settle();

  const Timestamp through = waiting_.back().second;
  waiting_.clear();
  size_ = 0;
  costly_ = false;
  return through;
}

}  // namespace coppice::engine
