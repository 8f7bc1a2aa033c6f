#include "engine/ingest/linked_tables.hpp"

#include "engine/io/copy_file.hpp"

namespace coppice::engine {

LinkedTables::~LinkedTables() {
  // A failure leaves an orphan, which the next opening of the tree removes.
  for (const OutsideTable& table : tables_) (void)files_.remove(table.path).ok();
}

Status LinkedTables::add(const OutsideTable& table, const std::string& path, uint64_t number) {
  // A copy that fails leaves a part of itself.
  tables_.push_back({path, table.meta});
  tables_.back().meta.number = number;
  return link_or_copy(files_, table.path, path);
}

std::vector<TableMeta> LinkedTables::tables() const {
  std::vector<TableMeta> metas;
  for (const OutsideTable& table : tables_) metas.push_back(table.meta);
  return metas;
}

}  // namespace coppice::engine
