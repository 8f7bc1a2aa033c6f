#include "engine/table/table_reader.hpp"

#include "engine/table/block_cursor.hpp"
#include "engine/table/bloom.hpp"
#include "engine/table/open_table.hpp"
#include "engine/table/table_cursor.hpp"

namespace coppice::engine {

namespace {

// True: the table may have a version of `key`.
Result<bool> passes_filter(const OpenTable& table, ByteView key, BlockCache& cache,
                           const TableReadOptions& options) {
  if (table.footer.filter.absent()) return true;
  COPPICE_TRY_ASSIGN(filter, table.read(table.footer.filter, cache, options));
  if (!filter_valid(filter.bytes()))
    return damage(table.file->name(), table.footer.filter.offset, "the filter makes no sense");
  return filter_may_contain(filter.bytes(), filter_hash(key));
}

}  // namespace

TableReader::TableReader(FileSystem& files, std::string path, TableMeta meta, BlockCache& cache)
    : files_(files), path_(std::move(path)), meta_(std::move(meta)), cache_(cache) {}

TableReader::~TableReader() { delete table_.load(std::memory_order_acquire); }

Result<const OpenTable*> TableReader::open(bool cached_only) const {
  if (const OpenTable* table = table_.load(std::memory_order_acquire)) return table;
  if (cached_only) return Error{Errc::would_block, path_ + ": the table is not open yet"};
  COPPICE_TRY_ASSIGN(fresh, OpenTable::open(files_, path_, meta_));
  const OpenTable* first = nullptr;
  if (table_.compare_exchange_strong(first, fresh.get(), std::memory_order_acq_rel)) return fresh.release();
  return first;
}

Result<PointRead> TableReader::get(ByteView key, Timestamp at, const TableReadOptions& options) const {
  COPPICE_TRY_ASSIGN(table, open(options.cached_only));
  if (table->footer.height == 0) return PointRead{};
  COPPICE_TRY_ASSIGN(may_have, passes_filter(*table, key, cache_, options));
  if (!may_have) return PointRead{};

  // Down the tree. The child behind the first separator at or after the target holds the target's place, and no
  // separator has the key of an entry in a later child: see separator().
  BlockHandle handle = table->footer.root;
  BlockRef block;
  ByteView payload(table->root.bytes.get(), table->root.size);
  for (uint32_t level = table->footer.height;; --level) {
    BlockCursor cursor;
    const Entry* entry = cursor.reset(payload) ? cursor.seek({key, at}) : nullptr;
    if (cursor.damaged()) return damage(path_, handle.offset, "the block's entries make no sense");
    if (entry == nullptr) return PointRead{};
    if (level == 0) {
      if (entry->key != key) return PointRead{};
      return PointRead{true, entry->kind, entry->commit, entry->value, std::move(block)};
    }
    const auto child = table->child(*entry);
    if (!child) return damage(path_, handle.offset, "the index names a block outside of the file");
    handle = *child;
    COPPICE_TRY_ASSIGN(next, table->read(handle, cache_, options));
    block = std::move(next);
    payload = block.bytes();
  }
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
