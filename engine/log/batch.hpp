// A batch of operations, in the one encoding it keeps from the client's call to the log and the memtable.
#pragma once

#include "schema/types.hpp"

namespace coppice::engine {

enum class OperationKind : uint8_t { put = 1, remove = 2, delete_range = 3 };

/// Views borrow from the batch.
struct Operation {
  OperationKind kind = OperationKind::put;
  ByteView key;    // delete_range: the first key deleted; may be empty
  ByteView value;  // put: the value; delete_range: the first key not deleted; empty: none, to the last key
};

/// Of a batch: what they cover is worked out together, which costs up to their square.
inline constexpr uint32_t kBatchRangeDeletesMax = 1024;

/// Operations that are committed together or not at all; of two on one key the later wins.
/// The encoding is in log_format.hpp and engine/FORMAT.md.
/// Threads: one at a time.
class Batch {
public:
  /// invalid_argument, and nothing added, if the key or value breaks a limit of schema/types.hpp or the batch
  /// would pass kBatchSizeMax encoded bytes or kBatchRangeDeletesMax range deletes.
  Status put(ByteView key, ByteView value);
  Status remove(ByteView key);
  /// An empty `end` means to the last key. A range with no keys in it is invalid_argument.
  Status delete_range(ByteView begin, ByteView end);
  /// Any of the three.
  Status add(const Operation& operation);

  /// Takes encoded bytes that a log or a peer sent: corruption unless every operation in them is valid.
  static Result<Batch> decode(Bytes bytes);
  /// The same with a copy of the bytes, in the memory that the batch has already. On an error it is empty.
  Status assign(ByteView bytes);

  uint32_t count() const { return count_; }
  bool empty() const { return count_ == 0; }
  uint32_t range_delete_count() const { return range_delete_count_; }
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
  /// Counts the operations in bytes_; corruption as decode().
  Status check();

  Bytes bytes_;
  uint32_t count_ = 0;
  uint32_t range_delete_count_ = 0;
};

}  // namespace coppice::engine
