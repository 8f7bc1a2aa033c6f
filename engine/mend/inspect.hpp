// Says what is in a table, a value file, a log or a manifest, whoever wrote it and whatever became of it.
#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/io/file.hpp"
#include "engine/secrecy/key_ring.hpp"
#include "engine/version/version_edit.hpp"

namespace coppice::engine {

/// One thing that was found in a file.
struct Finding {
  /// Bytes of a user: for the reader of the findings to encode.
  struct Data {
    Bytes bytes;
  };
  using Value = std::variant<uint64_t, std::string, Data>;
  struct Field {
    std::string_view name;
    Value value;
  };

  /// What it is: "footer", "record", "entry", "damage", ... engine/FORMAT.md has the words.
  std::string_view kind;
  /// Where it lies in its file, if anywhere.
  std::optional<uint64_t> offset;
  std::vector<Field> fields = {};

  Finding& with(std::string_view name, uint64_t value) { return add(name, value); }
  Finding& with(std::string_view name, std::string value) { return add(name, std::move(value)); }
  Finding& with_data(std::string_view name, ByteView bytes) { return add(name, Data{Bytes(bytes)}); }

private:
  Finding& add(std::string_view name, Value value) {
    fields.push_back({name, std::move(value)});
    return *this;
  }
};

/// Takes one finding after the other; false: enough.
using FindingSink = std::function<bool(const Finding&)>;

enum class InspectDetail : uint8_t {
  /// Head and end, and sums of what lies between.
  summary,
  /// Every block, record or edit too.
  parts,
  /// And every entry, operation and change in them.
  entries,
};

/// Values longer than this are cut in findings; their sizes are told.
inline constexpr size_t kInspectValueMax = 256;

/// Tells a file by its magic, or by its name where that is damaged, and what is in it in the order in which it lies there; a
/// table's entries in key order. Where a file stops making sense there is a finding "damage" with a text; of what can still be
/// read the rest comes behind it. Of a value file there is its footer only: where values begin is known to tables alone, which
/// tell it entry by entry.
/// Whether anything was damaged. invalid_argument: no file of a tree, or, behind what lies in plain, encrypted with a key that is
/// not among `keys`; unsupported: a newer format. Memory: one record, or a block of each level of an index.
/// Never takes a byte for granted. Blocks: on the disk.
Result<bool> inspect_file(FileSystem& files, const std::string& path, InspectDetail detail,
                          const KeyRing& keys, const FindingSink& found);

/// "table" with what a manifest says of it.
Finding finding_of(const TableMeta& table, uint32_t level);

}  // namespace coppice::engine
