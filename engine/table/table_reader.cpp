#include "engine/table/table_reader.hpp"

#include "engine/table/open_table.hpp"
#include "engine/table/point_search.hpp"
#include "engine/table/table_cursor.hpp"

namespace coppice::engine {

TableReader::TableReader(FileSystem& files, std::string path, TableMeta meta, BlockCache& cache, KeyRing keys)
    : files_(files),
      path_(std::move(path)),
      meta_(std::move(meta)),
      commit_shift_(meta_.commit_shift()),
      cache_(cache),
      keys_(std::move(keys)) {}

TableReader::~TableReader() { delete table_.load(std::memory_order_acquire); }

Result<const OpenTable*> TableReader::open(bool cached_only) const {
  if (const OpenTable* table = table_.load(std::memory_order_acquire)) {
    note(table->was_read);
    return table;
  }
  if (cached_only) return Error{Errc::would_block, path_ + ": the table is not open yet"};
  COPPICE_TRY_ASSIGN(fresh, OpenTable::open(files_, path_, meta_, cache_, keys_));
  const OpenTable* first = nullptr;
  if (table_.compare_exchange_strong(first, fresh.get(), std::memory_order_acq_rel)) return fresh.release();
  return first;
}

TableUse TableReader::take_use() const {
  const OpenTable* table = table_.load(std::memory_order_acquire);
  if (table == nullptr) return {};
  return {true, table->was_read.exchange(false, std::memory_order_relaxed),
          table->lacked_room.exchange(false, std::memory_order_relaxed)};
}

Result<PointRead> TableReader::get(ByteView key, uint64_t hash, Timestamp at, const TableReadOptions& options,
                                   BlockBuffer& buffer) const {
  PointSearch search(*this, key, hash, at);
  COPPICE_TRY_ASSIGN(passes, search.pass(options));
  if (!passes) return PointRead{};
  COPPICE_TRY_ASSIGN(has_place, search.place(options, buffer));
  if (!has_place) return PointRead{};
  return search.read(options, buffer);
}

std::unique_ptr<Cursor> TableReader::cursor(const TableReadOptions& options) const {
  return std::make_unique<TableCursor>(*this, options);
}

Result<const RangeDeletes*> TableReader::range_deletes(const TableReadOptions& options) const {
  if (meta_.range_delete_count == 0) return nullptr;
  COPPICE_TRY_ASSIGN(table, open(options.cached_only));
  return &table->range_deletes;
}

}  // namespace coppice::engine
