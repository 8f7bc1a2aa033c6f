#include "actors/routing_table.hpp"

#include <algorithm>

namespace coppice::actors {

using engine::Batch;
using engine::Operation;
using engine::OperationKind;

namespace {

/// Every participant logs all parts in one record, which has a limit of its own.
constexpr size_t kPartsSizeMax = 2 * kBatchSizeMax;

}  // namespace

RoutingTable::RoutingTable(std::vector<Route> routes) : routes_(std::move(routes)) {
  COPPICE_CHECK(!routes_.empty());
  COPPICE_CHECK(routes_.front().range.begin.empty());
  COPPICE_CHECK(!routes_.back().range.end);
  for (size_t i = 0; i + 1 < routes_.size(); ++i)
    COPPICE_CHECK(routes_[i].range.end == routes_[i + 1].range.begin);
}

size_t RoutingTable::index_of(ByteView key) const {
  const auto past = std::upper_bound(routes_.begin(), routes_.end(), key,
                                     [](ByteView k, const Route& route) { return k < route.range.begin; });
  return static_cast<size_t>(past - routes_.begin()) - 1;
}

const Route& RoutingTable::find(ByteView key) const { return routes_[index_of(key)]; }

std::span<const Route> RoutingTable::find_overlapping(const KeyRange& range) const {
  if (range.empty()) return {};
  const size_t first = index_of(range.begin);
  size_t past = first + 1;
  while (past < routes_.size() && routes_[past].range.overlaps(range)) ++past;
  return std::span(routes_).subspan(first, past - first);
}

const Route* RoutingTable::find_only(const Batch& batch) const {
  if (routes_.size() == 1) return &routes_.front();
  const auto first = Batch::Reader(batch).next();
  COPPICE_CHECK(first);
  const Route& route = find(first->key);
  return holds(route.range, batch) ? &route : nullptr;
}

bool holds(const KeyRange& range, const Batch& batch) {
  Batch::Reader reader(batch);
  while (const auto operation = reader.next()) {
    if (!range.contains(operation->key)) return false;
    if (operation->kind != OperationKind::delete_range) continue;
    const ByteView end = operation->value;
    if (range.end && (end.empty() || end > *range.end)) return false;
  }
  return true;
}

bool holds(const KeyRange& range, const WriteRequest& request) {
  return holds(range, request.batch) && (request.conditions == nullptr || request.conditions->in(range));
}

KeyRange range_of(const Operation& operation) {
  KeyRange range{Bytes(operation.key), std::nullopt};
  if (operation.kind != OperationKind::delete_range) {
    range.end = Bytes(operation.key) + '\0';
  } else if (!operation.value.empty()) {
    range.end = Bytes(operation.value);
  }
  return range;
}

Result<std::vector<BatchPart>> cut_batch(const RoutingTable& table, const Batch& batch) {
  const Route* first = table.routes().data();
  std::vector<Batch> batches(table.routes().size());
  size_t size = 0;
  Batch::Reader reader(batch);
  while (const auto operation = reader.next()) {
    const KeyRange range = range_of(*operation);
    for (const Route& route : table.find_overlapping(range)) {
      Operation cut = *operation;
      const KeyRange both = intersection(range, route.range);
      if (cut.kind == OperationKind::delete_range) {
        cut.key = both.begin;
        cut.value = both.end ? ByteView(*both.end) : ByteView();
      }
      COPPICE_TRY(batches[static_cast<size_t>(&route - first)].add(cut));
      size += cut.key.size() + cut.value.size();
      if (size > kPartsSizeMax)
        return Error{
            Errc::invalid_argument,
            "the batch deletes ranges over so many shards that its parts would pass 128 MiB: write it in "
            "several batches"};
    }
  }
  std::vector<BatchPart> parts;
  for (size_t i = 0; i < batches.size(); ++i)
    if (!batches[i].empty()) parts.push_back({first[i].shard, std::move(batches[i])});
  return parts;
}

}  // namespace coppice::actors
