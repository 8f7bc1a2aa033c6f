#include "engine/ingest/outside_table.hpp"

#include "engine/mend/table_summary.hpp"
#include "engine/table/table_reader.hpp"

namespace coppice::engine {
namespace {

constexpr const char* kAdvice = ": build it with `coppice build`, or with SortedFileWriter";

Error refused(const std::string& path, const std::string& what) {
  return {Errc::invalid_argument, path + ": " + what};
}

}  // namespace

Result<OutsideTable> read_outside_table(FileSystem& files, const std::string& path, const KeyRing& keys) {
  Result<TableMeta> meta = read_summary(files, path, 0, keys);
  if (!meta.ok()) {
    if (meta.error().code != Errc::corruption) return std::move(meta).error();
    return Error{Errc::corruption, meta.error().text + ": the file is damaged, or no sorted file" + kAdvice};
  }
  if (meta->ingested == kTimestampMin)
    return refused(path, std::string("is a table of a tree, not a sorted file") + kAdvice);
  if (keys.current() != 0 && meta->key_id == 0)
    return refused(path, "is not encrypted, and the store is: build it with the store's key");
  const bool is_empty = meta->entry_count == 0 || meta->bounds.empty() || !meta->bounds.end;
  const bool has_more = meta->range_delete_count > 0 || !meta->values.all().empty();
  if (is_empty || has_more || meta->oldest != kOutsideCommit || meta->newest != kOutsideCommit ||
      meta->bounds.begin.size() > kKeySizeMax || meta->bounds.end->size() > kKeySizeMax + 1)
    return Error{Errc::corruption, path + ": the properties are none that a sorted file has" + kAdvice};
  return OutsideTable{path, *std::move(meta)};
}

Status check_outside_table(FileSystem& files, const OutsideTable& table, BlockCache& cache,
                           const KeyRing& keys) {
  if (Status synced = files.sync_file(table.path); !synced.ok()) {
    // Another sync would succeed, and write nothing of what this one could not.
    Error error = std::move(synced).error();
    error.text += "; build the file anew, as what it holds may be in memory only";
    return error;
  }
  return TableReader(files, table.path, table.meta, cache, keys).verify().status();
}

}  // namespace coppice::engine
