#include "engine/ingest/ingest.hpp"

namespace coppice::engine {

Ingest::~Ingest() {
  // A failure leaves an orphan, which the next opening of the tree removes.
  for (const OutsideTable& table : tables_) (void)files_->remove(table.path).ok();
}

Status Ingest::add(const OutsideTable& table, const std::string& path, uint64_t number) {
  COPPICE_TRY(link_or_copy(*files_, table.path, path));
  tables_.push_back({path, table.meta});
  tables_.back().meta.number = number;
  return success();
}

std::vector<TableMeta> Ingest::tables() const {
  std::vector<TableMeta> metas;
  for (const OutsideTable& table : tables_) metas.push_back(table.meta);
  return metas;
}

}  // namespace coppice::engine
