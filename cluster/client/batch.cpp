#include "cluster/client/batch.hpp"

namespace coppice::client {

Status Batch::put(ByteView key, ByteView value) {
  COPPICE_TRY(check_key(key));
  COPPICE_TRY(check_value(value));
  return append(Kind::put, key, value);
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
          bytes.substr(place.offset + place.key_size, place.value_size), place.op};
}

void Batch::clear() {
  bytes_.clear();
  places_.clear();
}

Status Batch::append(Kind kind, ByteView key, ByteView value, Operator op) {
  if (size() + key.size() + value.size() + kOperationOverhead > kBatchSizeMax)
    return Error{Errc::invalid_argument, "the batch has no room for the operation on " + printable(key) +
                                             ": a batch has at most 67108864 bytes; write it in several"};
  places_.push_back(
      {bytes_.size(), static_cast<uint32_t>(key.size()), static_cast<uint32_t>(value.size()), kind, op});
  bytes_.append(key).append(value);
  return success();
}

}  // namespace coppice::client
