// A batch of operations as a program gathers it, before the client sends it.
#pragma once

#include <vector>

#include "schema/operators.hpp"
#include "schema/types.hpp"

namespace coppice::client {

/// Operations that are committed together or not at all; of two on one key the later wins, but for merges, which change
/// what those before them have made of the key.
/// Threads: one at a time.
class Batch {
public:
  enum class Kind : uint8_t { put, remove, delete_range, merge };

  /// Views borrow from the batch.
  struct Operation {
    Kind kind;
    ByteView key;  // delete_range: the first key deleted; may be empty
    ByteView
        value;  // delete_range: the first key not deleted; empty: none, to the last key. merge: the operand
    Operator op = Operator::add;  // merge
    uint64_t ttl_ms = 0;          // put: it stays for so long; 0: for ever
  };

  /// invalid_argument, and nothing added, if a key or value breaks a limit of schema/types.hpp or the batch
  /// would pass kBatchSizeMax.
  Status put(ByteView key, ByteView value);
  /// `ttl_ms` after the node took the batch the key is as absent as after a remove. 0 is invalid_argument.
  Status put_for(ByteView key, ByteView value, uint64_t ttl_ms);
  Status remove(ByteView key);
  /// Changes the value without reading it: see schema/operators.hpp.
  Status merge(ByteView key, Operator op, ByteView operand);
  /// An empty range is invalid_argument.
  Status delete_range(const KeyRange& range);

  size_t count() const { return places_.size(); }
  bool empty() const { return places_.empty(); }
  /// Of keys and values and what a message adds to each; what kBatchSizeMax limits.
  size_t size() const {
    return bytes_.size() + places_.size() * kOperationOverhead + timed_count_ * kTimedOverhead;
  }
  /// Requires: index < count(). Lifetime: until the batch changes.
  Operation operation(size_t index) const;
  void clear();

private:
  struct Place {
    size_t offset;
    uint32_t key_size;
    uint32_t value_size;
    Kind kind;
    Operator op;
    uint64_t ttl_ms;
  };
  /// In store.capnp: two words of Operation, two of Entry, and the padding of key and value.
  static constexpr size_t kOperationOverhead = 48;
  /// And two of TimedEntry.
  static constexpr size_t kTimedOverhead = 16;

  Status append(Kind kind, ByteView key, ByteView value, Operator op = Operator::add, uint64_t ttl_ms = 0);

  Bytes bytes_;
  std::vector<Place> places_;
  size_t timed_count_ = 0;
};

}  // namespace coppice::client
