#include "cluster/client/batch.hpp"

namespace coppice::client {

Status Batch::put(ByteView key, ByteView value) {
  COPPICE_TRY(check_key(key));
  COPPICE_TRY(check_value(value));
  return append(Kind::put, key, value);
}

Status Batch::put_for(ByteView key, ByteView value, uint64_t ttl_ms) {
  COPPICE_TRY(check_key(key));
  COPPICE_TRY(check_value(value));
  if (ttl_ms == 0) return Error{Errc::invalid_argument, "a time to live of 0 ms: it has 1 ms and more"};
  return append(Kind::put, key, value, Operator::add, ttl_ms);
}

Status Batch::remove(ByteView key) {
  COPPICE_TRY(check_key(key));
  return append(Kind::remove, key, {});
}

Status Batch::merge(ByteView key, Operator op, ByteView operand) {
  COPPICE_TRY(check_key(key));
  COPPICE_TRY(check_operand(op, operand));
  return append(Kind::merge, key, operand, op);
}

Status Batch::delete_range(const KeyRange& range) {
  if (range.empty())
    return Error{Errc::invalid_argument, "the range to delete is empty: its begin " + printable(range.begin) +
                                             " is not before its end " + printable(*range.end)};
  if (!range.begin.empty()) COPPICE_TRY(check_key(range.begin));
  if (range.end) COPPICE_TRY(check_key(*range.end));
  return append(Kind::delete_range, range.begin, range.end ? ByteView(*range.end) : ByteView());
}

Batch::Operation Batch::operation(size_t index) const {
  const Place& place = places_[index];
  const ByteView bytes = bytes_;
  return {place.kind, bytes.substr(place.offset, place.key_size),
          bytes.substr(place.offset + place.key_size, place.value_size), place.op, place.ttl_ms};
}

void Batch::clear() {
  bytes_.clear();
  places_.clear();
  timed_count_ = 0;
}

Status Batch::append(Kind kind, ByteView key, ByteView value, Operator op, uint64_t ttl_ms) {
  const size_t overhead = kOperationOverhead + (ttl_ms > 0 ? kTimedOverhead : 0);
  if (size() + key.size() + value.size() + overhead > kBatchSizeMax)
    return Error{Errc::invalid_argument, "the batch has no room for the operation on " + printable(key) +
                                             ": a batch has at most 67108864 bytes; write it in several"};
  places_.push_back({bytes_.size(), static_cast<uint32_t>(key.size()), static_cast<uint32_t>(value.size()),
                     kind, op, ttl_ms});
  bytes_.append(key).append(value);
  if (ttl_ms > 0) ++timed_count_;
  return success();
}

}  // namespace coppice::client
