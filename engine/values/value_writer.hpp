// Writes a file of values, front to back. The format is in value_format.hpp.
#pragma once

#include <memory>

#include "engine/io/file.hpp"
#include "engine/secrecy/key_ring.hpp"
#include "engine/table/block_io.hpp"
#include "engine/table/value_ref.hpp"
#include "engine/values/value_format.hpp"

namespace coppice::engine {

/// After an error the file is worthless: remove it.
class ValueWriter {
public:
  /// Encrypted with the current one of `keys`, if any. Requires: `file` is empty; `unique_id` is of no other file that shares the block cache.
  ValueWriter(std::unique_ptr<AppendFile> file, uint64_t number, uint64_t unique_id, Compression compression,
              const KeyRing& keys);

  /// Requires: `value` has 1 to kValueSizeMax bytes.
  Result<ValueRef> add(ByteView value);
  /// Of the file, with what waits to be written.
  uint64_t size() const { return writer_.size() + kValueFooterSize; }

  /// Requires: something was added; nothing is added afterwards.
  /// Durable: on success, the file's content; its name is the caller's to make durable.
  Result<ValueFileMeta> finish();

private:
  const uint64_t number_;
  const uint64_t unique_id_;
  const std::unique_ptr<AppendFile> file_;
  const FileSeal seal_;
  BlockWriter writer_;
  uint64_t count_ = 0;
};

}  // namespace coppice::engine
