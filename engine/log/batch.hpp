// A batch of operations, in the one encoding it keeps from the client's call to the log and the memtable.
#pragma once

#include "engine/cursor/entry.hpp"
#include "schema/types.hpp"

namespace coppice::engine {

enum class OperationKind : uint8_t { put = 1, remove = 2, delete_range = 3, put_that_expires = 4, merge = 5 };

/// Views borrow from the batch.
struct Operation {
  OperationKind kind = OperationKind::put;
  ByteView key;  // delete_range: the first key deleted; may be empty
  /// put: the value. put_that_expires: its moment in front, as entry.hpp stores it.
  /// delete_range: the first key not deleted; empty: none, to the last key. merge: the operator (u8), then the operand.
  ByteView value;
};

/// Of a merge.
inline Step step_of(const Operation& operation) {
  return {static_cast<Operator>(operation.value.front()), operation.value.substr(1)};
}

/// Of a put, either kind, or a remove: the kind of the version that it makes.
inline Kind kind_of(const Operation& operation) {
  switch (operation.kind) {
    case OperationKind::put:
      return Kind::put;
    case OperationKind::put_that_expires:
      return Kind::put_that_expires;
    default:
      return Kind::remove;
  }
}

/// Of a batch: what they cover is worked out together, which costs up to their square.
inline constexpr uint32_t kBatchRangeDeletesMax = 1024;

/// Operations that are committed together or not at all; of two on one key the later wins, but for merges, which change
/// what the operations before them have made of the key.
/// The encoding is in log_format.hpp and engine/FORMAT.md.
/// Threads: one at a time.
class Batch {
public:
  /// invalid_argument, and nothing added, if the key or value breaks a limit of schema/types.hpp or the batch
  /// would pass kBatchSizeMax encoded bytes or kBatchRangeDeletesMax range deletes.
  Status put(ByteView key, ByteView value);
  /// From `expiry_ms` on, in milliseconds since 1970, the key is as absent as after a remove. What a later batch merges into it
  /// does not expire: from then on it is done to nothing.
  Status put_until(ByteView key, ByteView value, uint64_t expiry_ms);
  Status remove(ByteView key);
  /// Changes the value without reading it: see schema/operators.hpp.
  Status merge(ByteView key, Operator op, ByteView operand);
  /// An empty `end` means to the last key. A range with no keys in it is invalid_argument.
  Status delete_range(ByteView begin, ByteView end);
  /// Any of these.
  Status add(const Operation& operation);

  /// Takes encoded bytes that a log or a peer sent: corruption unless every operation in them is valid.
  static Result<Batch> decode(Bytes bytes);
  /// The same with a copy of the bytes, in the memory that the batch has already. On an error it is empty.
  Status assign(ByteView bytes);

  uint32_t count() const { return count_; }
  bool empty() const { return count_ == 0; }
  uint32_t range_delete_count() const { return range_delete_count_; }
  uint32_t merge_count() const { return merge_count_; }
  /// Lifetime: until the batch changes.
  ByteView bytes() const { return bytes_; }
  void clear();

  /// Walks the operations in the order they were added:
  ///   for (Batch::Reader reader(batch); auto operation = reader.next();) ...
  class Reader {
  public:
    explicit Reader(const Batch& batch) : rest_(batch.bytes_) {}
    std::optional<Operation> next();

  private:
    ByteView rest_;
  };

private:
  void count(OperationKind kind);
  /// `in_front` and then the operation's value are the value.
  Status add(const Operation& operation, ByteView in_front);
  /// Counts the operations in bytes_; corruption as decode().
  Status check();

  Bytes bytes_;
  uint32_t count_ = 0;
  uint32_t range_delete_count_ = 0;
  uint32_t merge_count_ = 0;
};

}  // namespace coppice::engine
