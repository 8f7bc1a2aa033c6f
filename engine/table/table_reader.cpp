#include "engine/table/table_reader.hpp"

#include "engine/table/bloom.hpp"
#include "engine/table/open_table.hpp"
#include "engine/table/point_ahead.hpp"
#include "engine/table/table_cursor.hpp"

namespace coppice::engine {

TableReader::TableReader(FileSystem& files, std::string path, TableMeta meta, BlockCache& cache)
    : files_(files), path_(std::move(path)), meta_(std::move(meta)), cache_(cache) {}

TableReader::~TableReader() { delete table_.load(std::memory_order_acquire); }

Result<const OpenTable*> TableReader::open(bool cached_only) const {
  if (const OpenTable* table = table_.load(std::memory_order_acquire)) {
    note(table->was_read);
    return table;
  }
  if (cached_only) return Error{Errc::would_block, path_ + ": the table is not open yet"};
  COPPICE_TRY_ASSIGN(fresh, OpenTable::open(files_, path_, meta_, cache_));
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

Error TableReader::senseless(const BlockHandle& handle) const {
  return damage(path_, handle.offset, "the block's entries make no sense");
}

// False: the table has no version of the key with this hash, for certain.
Result<bool> TableReader::passes_filter(const OpenTable& table, uint64_t hash,
                                        const TableReadOptions& options) const {
  if (table.footer.filter.absent()) return true;
  if (const HeldBlock* filter = table.find_filter()) return filter_may_contain(filter->bytes(), hash);
  COPPICE_TRY_ASSIGN(filter, table.read_filter(options));
  return filter_may_contain(filter.bytes, hash);
}

Result<PointRead> TableReader::get(ByteView key, uint64_t hash, Timestamp at, const TableReadOptions& options,
                                   BlockBuffer& buffer) const {
  COPPICE_TRY_ASSIGN(table, open(options.cached_only));
  const uint32_t height = table->footer.height;
  if (height == 0) return PointRead{};
  COPPICE_TRY_ASSIGN(may_have, passes_filter(*table, hash, options));
  if (!may_have) return PointRead{};

  // Down the tree. The child behind the first separator at or after the target holds the target's place, and no
  // separator has the key of an entry in a later child: see separator().
  BlockHandle handle = table->footer.root;
  const BlockView* page = &table->root.page;
  BlockHint* hints = table->root.hints.get();
  BlockView view;
  BlockRef block;
  for (uint32_t level = height;; --level) {
    const uint32_t index = page->lower_bound({key, at});
    if (index == page->count()) return PointRead{};
    if (index == BlockView::kDamaged) return senseless(handle);
    // What the cache has is asked for before it is known for certain which block that is.
    if (hints != nullptr) table->cache.prefetch(hints[index]);
    RawEntry entry;
    if (!page->decode(index, entry)) return senseless(handle);
    const auto child = table->child(entry.value);
    if (!child) return damage(path_, handle.offset, "the index names a block outside of the file");
    handle = *child;
    if (level == 1) {
      BlockHint* const hint = hints == nullptr ? nullptr : &hints[index];
      COPPICE_TRY_ASSIGN(read, table->read(handle, BlockKind::data, options, buffer, hint));
      if (!view.open(read.bytes) || view.kind() != BlockKind::data) return senseless(handle);
      const uint32_t place = view.find(key, at, hash, entry);
      if (place == BlockView::kDamaged) return senseless(handle);
      if (place == view.count()) return PointRead{};
      return PointRead{true, entry.kind, entry.commit, entry.value, std::move(read.block)};
    }
    hints = nullptr;
    if (level == height) {
      if (const HeldBlock* held = table->find_page(index)) {
        page = &held->page;
        hints = held->hints.get();
        continue;
      }
      COPPICE_TRY_ASSIGN(read, table->read_page(index, handle, options));
      if (!view.open(read.bytes)) return senseless(handle);
      block = std::move(read.block);
    } else {
      COPPICE_TRY_ASSIGN(read, table->read(handle, BlockKind::page, options, buffer, nullptr));
      if (!view.open(read.bytes)) return senseless(handle);
      block = std::move(read.block);
    }
    if (view.kind() != BlockKind::page) return senseless(handle);
    page = &view;
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
