#include "engine/log/batch.hpp"

#include "engine/base/coding.hpp"

namespace coppice::engine {
namespace {

// An operation is its kind, then key and value, each behind its size; a remove has no value. Of a put that expires the value is the
// stored one.
// Moves `rest` past it; nothing if `rest` holds no whole operation.
std::optional<Operation> take_operation(ByteView& rest) {
  if (rest.empty()) return std::nullopt;
  Operation operation;
  operation.kind = static_cast<OperationKind>(rest.front());
  rest.remove_prefix(1);

  const auto key = take_sized(rest);
  if (!key) return std::nullopt;
  operation.key = *key;
  if (operation.kind == OperationKind::remove) return operation;

  const auto value = take_sized(rest);
  if (!value) return std::nullopt;
  operation.value = *value;
  return operation;
}

Status check_range_bound(ByteView bound, const char* which) {
  if (bound.size() <= kKeySizeMax) return success();
  return Error{Errc::invalid_argument, std::string("the ") + which + " of the range has " +
                                           std::to_string(bound.size()) +
                                           " bytes: keys have 1 to 16384 bytes"};
}

Status check_room(OperationKind kind, uint32_t range_deletes) {
  if (kind != OperationKind::delete_range || range_deletes < kBatchRangeDeletesMax) return success();
  return Error{Errc::invalid_argument,
               "the batch would pass 1024 range deletes: write it in several batches"};
}

// `in_front`: the value's first bytes, if they are not in the operation.
Status check_operation(const Operation& operation, ByteView in_front) {
  switch (operation.kind) {
    case OperationKind::put:
      COPPICE_TRY(check_key(operation.key));
      return check_value(operation.value);
    case OperationKind::put_that_expires:
      COPPICE_TRY(check_key(operation.key));
      if (in_front.size() + operation.value.size() < kExpirySize)
        return Error{Errc::invalid_argument, "the put says no moment at which it expires"};
      return check_value(operation.value.substr(kExpirySize - in_front.size()));
    case OperationKind::merge: {
      COPPICE_TRY(check_key(operation.key));
      if (in_front.empty() && operation.value.empty())
        return Error{Errc::invalid_argument, "the merge says no operator"};
      const char op = in_front.empty() ? operation.value.front() : in_front.front();
      return check_operand(static_cast<Operator>(op), operation.value.substr(1 - in_front.size()));
    }
    case OperationKind::remove:
      return check_key(operation.key);
    case OperationKind::delete_range:
      COPPICE_TRY(check_range_bound(operation.key, "begin"));
      COPPICE_TRY(check_range_bound(operation.value, "end"));
      if (!operation.value.empty() && operation.value <= operation.key)
        return Error{Errc::invalid_argument, "the range from " + printable(operation.key) + " to before " +
                                                 printable(operation.value) + " has no keys in it"};
      return success();
  }
  return Error{Errc::invalid_argument,
               "there is no operation of kind " + std::to_string(static_cast<unsigned>(operation.kind))};
}

}  // namespace

Status Batch::put(ByteView key, ByteView value) { return add({OperationKind::put, key, value}); }

Status Batch::remove(ByteView key) { return add({OperationKind::remove, key, {}}); }

Status Batch::delete_range(ByteView begin, ByteView end) {
  return add({OperationKind::delete_range, begin, end});
}

Status Batch::put_until(ByteView key, ByteView value, uint64_t expiry_ms) {
  char expiry[kExpirySize];
  store_fixed(expiry, expiry_ms);
  return add({OperationKind::put_that_expires, key, value}, {expiry, kExpirySize});
}

Status Batch::merge(ByteView key, Operator op, ByteView operand) {
  const char name = static_cast<char>(op);
  return add({OperationKind::merge, key, operand}, {&name, 1});
}

Status Batch::add(const Operation& operation) { return add(operation, {}); }

Status Batch::add(const Operation& operation, ByteView in_front) {
  COPPICE_TRY(check_operation(operation, in_front));
  COPPICE_TRY(check_room(operation.kind, range_delete_count_));
  const bool has_value = operation.kind != OperationKind::remove;
  const size_t value_size = in_front.size() + operation.value.size();
  const size_t size = 1 + varint_size(operation.key.size()) + operation.key.size() +
                      (has_value ? varint_size(value_size) + value_size : 0);
  if (size > kBatchSizeMax - bytes_.size())
    return Error{Errc::invalid_argument,
                 "the batch would pass 67108864 encoded bytes: write it in several batches"};

  bytes_ += static_cast<char>(operation.kind);
  put_sized(bytes_, operation.key);
  if (has_value) {
    put_varint(bytes_, value_size);
    bytes_ += in_front;
    bytes_ += operation.value;
  }
  count(operation.kind);
  return success();
}

Result<Batch> Batch::decode(Bytes bytes) {
  Batch batch;
  batch.bytes_ = std::move(bytes);
  COPPICE_TRY(batch.check());
  return batch;
}

Status Batch::assign(ByteView bytes) {
  clear();
  bytes_ = bytes;
  Status checked = check();
  if (!checked.ok()) clear();
  return checked;
}

Status Batch::check() {
  if (bytes_.size() > kBatchSizeMax)
    return Error{Errc::corruption,
                 "a batch of " + std::to_string(bytes_.size()) + " bytes is larger than any"};
  for (ByteView rest = bytes_; !rest.empty();) {
    const size_t offset = bytes_.size() - rest.size();
    const auto operation = take_operation(rest);
    if (!operation)
      return Error{Errc::corruption,
                   "the operation at byte " + std::to_string(offset) + " of the batch is cut short"};
    if (Status valid = check_operation(*operation, {}); !valid.ok())
      return Error{Errc::corruption, "the operation at byte " + std::to_string(offset) +
                                         " of the batch is none: " + valid.error().text};
    if (Status room = check_room(operation->kind, range_delete_count_); !room.ok())
      return Error{Errc::corruption, "a batch that is none: " + room.error().text};
    count(operation->kind);
  }
  return success();
}

void Batch::count(OperationKind kind) {
  ++count_;
  if (kind == OperationKind::delete_range) ++range_delete_count_;
  if (kind == OperationKind::merge) ++merge_count_;
}

void Batch::clear() {
  bytes_.clear();
  count_ = 0;
  range_delete_count_ = 0;
  merge_count_ = 0;
}

std::optional<Operation> Batch::Reader::next() { return take_operation(rest_); }

}  // namespace coppice::engine
