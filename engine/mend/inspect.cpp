#include "engine/mend/inspect.hpp"

#include "engine/base/coding.hpp"
#include "engine/mend/inspect_log.hpp"
#include "engine/mend/inspect_table.hpp"
#include "engine/values/value_file.hpp"

namespace coppice::engine {
namespace {

constexpr ByteView kLogMagic("COPPLOG\0", 8);

Result<bool> is_log(const RandomFile& file) {
  if (file.name().ends_with(".log")) return true;
  if (file.size() < kLogMagic.size()) return false;
  char magic[kLogMagic.size()];
  COPPICE_TRY(file.read(0, sizeof magic, magic));
  return ByteView(magic, sizeof magic) == kLogMagic;
}

/// What tables and value files end with; 0: too short for one.
Result<uint64_t> last_magic(const RandomFile& file) {
  char magic[sizeof(uint64_t)];
  if (file.size() < sizeof magic) return uint64_t{0};
  COPPICE_TRY(file.read(file.size() - sizeof magic, sizeof magic, magic));
  return load_fixed<uint64_t>(magic);
}

Result<bool> inspect_values(const RandomFile& file, const KeyRing& keys, const FindingSink& found) {
  const auto footer = read_value_footer(file);
  if (!footer.ok()) {
    if (footer.error().code == Errc::unsupported) return footer.error();
    found(Finding{"damage", file.size()}.with("text", footer.error().text));
    return true;
  }
  Finding finding{"footer", file.size() - kValueFooterSize};
  finding.with("size", file.size()).with("uniqueId", footer->unique_id).with("values", footer->count);
  if (footer->seal.key_id != 0) finding.with("keyId", key_name(footer->seal.key_id));
  found(finding);
  COPPICE_TRY(keys.check(footer->seal.key_id, file.name()));
  return false;
}

}  // namespace

Finding finding_of(const TableMeta& table, uint32_t level) {
  Finding finding{"table", std::nullopt};
  finding.with("number", table.number).with("level", uint64_t{level}).with("size", table.file_size);
  finding.with("entries", table.entry_count).with("removes", table.delete_count);
  finding.with("rangeDeletes", table.range_delete_count);
  finding.with("oldest", table.oldest.raw).with("newest", table.newest.raw);
  finding.with_data("from", table.bounds.begin);
  if (table.bounds.end) finding.with_data("before", *table.bounds.end);
  if (!table.values.empty()) finding.with("valuesSize", table.values.size());
  finding.with("uniqueId", table.unique_id);
  if (table.key_id != 0) finding.with("keyId", key_name(table.key_id));
  if (table.ingested != kTimestampMin) finding.with("ingested", table.ingested.raw);
  if (table.cold) finding.with("cold", "yes");
  return finding;
}

Result<bool> inspect_file(FileSystem& files, const std::string& path, InspectDetail detail,
                          const KeyRing& keys, const FindingSink& found) {
  COPPICE_TRY_ASSIGN(file, files.open(path));
  // A log's magic lies in front, where nothing of a table can be mistaken for it.
  COPPICE_TRY_ASSIGN(log, is_log(*file));
  if (log) return inspect_log(files, path, detail, keys, found);
  COPPICE_TRY_ASSIGN(magic, last_magic(*file));
  if (magic == kTableMagic || path.ends_with(".sst")) return inspect_table(*file, detail, keys, found);
  if (magic == kValueMagic || path.ends_with(".val")) return inspect_values(*file, keys, found);
  if (path.ends_with("MANIFEST") || path.ends_with("MANIFEST.new"))
    return inspect_log(files, path, detail, keys, found);
  return Error{Errc::invalid_argument,
               path + ": is no table, value file, log or manifest: none of their magics is in it"};
}

}  // namespace coppice::engine
