#include "engine/version/run_bounds.hpp"

#include <algorithm>

#include "engine/base/byte_strings.hpp"

namespace coppice::engine {
namespace {

size_t count_below(const std::vector<uint64_t>& heads, uint64_t head) {
  return engine::count_below(reinterpret_cast<const char*>(heads.data()), heads.size(), head);
}

bool ends_before(const TableHandle& table, ByteView key) { return *table->meta().bounds.end <= key; }

// Of the first bound and the last, and so of all between.
size_t common_size(std::span<const TableHandle> run) {
  if (run.empty()) return 0;
  const KeyRange& last = run.back()->meta().bounds;
  return shared_size(run.front()->meta().bounds.begin, last.end ? *last.end : last.begin);
}

}  // namespace

RunBounds::RunBounds(std::span<const TableHandle> run) : run_(run) {
  const size_t common = common_size(run);
  if (!run.empty()) common_ = run.front()->meta().bounds.begin.substr(0, common);
  begins_.reserve(run.size());
  ends_.reserve(run.size());
  for (const TableHandle& table : run) {
    const KeyRange& bounds = table->meta().bounds;
    begins_.push_back(head_of(bounds.begin, common));
    if (bounds.end) ends_.push_back(head_of(*bounds.end, common));
  }
}

size_t RunBounds::count_ended(ByteView key, uint64_t head) const {
  const size_t first = count_below(ends_, head);
  if (first == ends_.size() || ends_[first] != head) return first;
  const size_t last = head == UINT64_MAX ? ends_.size() : count_below(ends_, head + 1);
  const auto alike = run_.subspan(first, last - first);
  const auto place =
      std::ranges::partition_point(alike, [&](const TableHandle& table) { return ends_before(table, key); });
  return first + static_cast<size_t>(place - alike.begin());
}

const TableHandle* RunBounds::find(ByteView key) const {
  const int order = key.substr(0, common_.size()).compare(common_);
  if (order < 0) return nullptr;
  // Behind all that begins so, only a last table without an end can hold it.
  if (order > 0) return ends_.size() == run_.size() ? nullptr : &run_.back();
  const uint64_t head = head_of(key, common_.size());
  const size_t place = count_ended(key, head);
  if (place == run_.size() || head < begins_[place]) return nullptr;
  return head > begins_[place] || run_[place]->meta().bounds.begin <= key ? &run_[place] : nullptr;
}

}  // namespace coppice::engine
