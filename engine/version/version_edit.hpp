// What changes from one version to the next: a record of the manifest, as a value.
#pragma once

#include <optional>
#include <vector>

#include "engine/io/file_names.hpp"
#include "engine/table/table_meta.hpp"
#include "engine/values/value_format.hpp"
#include "schema/types.hpp"

namespace coppice::engine {

inline constexpr uint32_t kLevelCount = 7;
inline constexpr uint32_t kManifestFormatVersion = 4;

/// What an edit leaves out stays as it was. See manifest.capnp for what each part says.
struct VersionEdit {
  struct Removed {
    uint32_t level = 0;
    uint64_t number = 0;
    bool operator==(const Removed&) const = default;
  };
  struct Added {
    uint32_t level = 0;
    TableMeta table;
    bool operator==(const Added&) const = default;
  };

  /// In the first record of a manifest.
  std::optional<KeyRange> range;
  std::vector<Removed> removed;
  std::vector<Added> added;
  /// Tables refer to each from now on; one that no table refers to any more is the tree's no longer, without a word.
  std::vector<ValueFileMeta> value_files = {};
  std::vector<uint64_t> logs_begun;
  std::vector<uint64_t> logs_closed;
  std::vector<uint64_t> logs_retired;
  /// 0: as it was.
  uint64_t next_file_number = 0;
  /// kTimestampMin: as it was.
  Timestamp flushed;
  /// kTimestampMin: as it was.
  Timestamp history_from = {};

  bool operator==(const VersionEdit&) const = default;
};

/// The payload of a manifest's record: a Cap'n Proto message in one segment.
Bytes encode_edit(const VersionEdit& edit);

/// Every field is read and checked before any is used. corruption: the bytes are no edit, or hold a value
/// that none may hold. unsupported: a newer format.
Result<VersionEdit> decode_edit(ByteView payload);

}  // namespace coppice::engine
