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

// False: the table has no version of the key with this hash, for certain.
Result<bool> TableReader::passes_filter(const OpenTable& table, uint64_t hash,
                                        const TableReadOptions& options) const {
  if (table.footer.filter.absent()) return true;
  if (const Block* filter = table.find_filter())
    return filter_may_contain({filter->bytes.get(), filter->size}, hash);
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
  BlockRef block;
  ByteView payload(table->root.bytes.get(), table->root.size);
  for (uint32_t level = height;; --level) {
    BlockView view;
    const BlockKind kind = level == 0 ? BlockKind::data : BlockKind::page;
    if (!view.open(payload) || view.kind() != kind)
      return damage(path_, handle.offset, "the block's entries make no sense");
    RawEntry entry;
    const uint32_t index = level == 0 ? view.find(key, at, hash, entry) : view.lower_bound({key, at});
    if (index == view.count()) return PointRead{};
    if (index == BlockView::kDamaged || (level > 0 && !view.decode(index, entry)))
      return damage(path_, handle.offset, "the block's entries make no sense");
    if (level == 0) return PointRead{true, entry.kind, entry.commit, entry.value, std::move(block)};

    const auto child = table->child(entry.value);
    if (!child) return damage(path_, handle.offset, "the index names a block outside of the file");
    handle = *child;
    if (level == height && level > 1) {
      if (const Block* page = table->find_page(index)) {
        payload = {page->bytes.get(), page->size};
        continue;
      }
      COPPICE_TRY_ASSIGN(page, table->read_page(index, handle, options));
      block = std::move(page.block);
      payload = page.bytes;
    } else {
      const BlockKind next = level == 1 ? BlockKind::data : BlockKind::page;
      COPPICE_TRY_ASSIGN(read, table->read(handle, next, options, buffer));
      block = std::move(read.block);
      payload = read.bytes;
      prefetch_front(payload);
    }
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
