// The names of the files in a tree's directory.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "schema/types.hpp"

namespace coppice::engine {

/// Which files a tree has, and what is in them.
inline constexpr std::string_view kManifestName = "MANIFEST";
/// A manifest not yet complete; a crash may leave one behind.
inline constexpr std::string_view kFreshManifestName = "MANIFEST.new";
/// Keeps a second process out. See FileSystem::lock.
inline constexpr std::string_view kLockName = "LOCK";

/// A tree that began a million files a second would need 500 years to get there.
inline constexpr uint64_t kFileNumberMax = uint64_t{1} << 54;
/// New files have larger numbers than all that are there. So one of a number from here on that no manifest names is a stranger's, or
/// it would leave none.
inline constexpr uint64_t kStrangeNumberMin = kFileNumberMax / 2;

/// "000012.log": at least six digits, more if need be.
std::string log_file_name(uint64_t number);
/// "000013.sst"
std::string table_file_name(uint64_t number);
/// "000014.val"
std::string value_file_name(uint64_t number);

struct FileName {
  enum class Kind : uint8_t { manifest, fresh_manifest, lock, log, table, values };
  Kind kind;
  /// Of logs, tables and value files.
  uint64_t number = 0;

  bool operator==(const FileName&) const = default;
};

/// What the name says; nothing if it is none that a tree would give, so that foreign files stay untouched.
std::optional<FileName> parse_file_name(std::string_view name);
/// The same of a file that no manifest is known to name.
std::optional<FileName> parse_loose_file_name(std::string_view name);

/// "directory/name"
std::string join_path(std::string_view directory, std::string_view name);

/// The directory that `path` lies in: "." for a bare name, "/" at the root. Trailing slashes do not count.
std::string parent_directory(std::string_view path);

}  // namespace coppice::engine
