#include "engine/table/open_table.hpp"

namespace coppice::engine {

Result<std::unique_ptr<const OpenTable>> OpenTable::open(FileSystem& files, const std::string& path,
                                                         const TableMeta& meta) {
  auto table = std::make_unique<OpenTable>();
  COPPICE_TRY_ASSIGN(file, files.open(path));
  table->file = std::move(file);
  const uint64_t file_size = table->file->size();
  if (file_size != meta.file_size || file_size < kFooterSize)
    return damage(path, file_size,
                  "the file has " + std::to_string(file_size) + " bytes, and the manifest says " +
                      std::to_string(meta.file_size));

  const uint64_t footer_offset = file_size - kFooterSize;
  char bytes[kFooterSize];
  COPPICE_TRY(table->file->read(footer_offset, kFooterSize, bytes));
  auto footer = decode_footer({bytes, kFooterSize}, file_size);
  if (!footer.ok()) {
    if (footer.error().code == Errc::corruption) return damage(path, footer_offset, footer.error().text);
    return std::move(footer).error().within(path);
  }
  table->footer = *footer;
  if (table->footer.unique_id != meta.unique_id)
    return damage(path, footer_offset, "this is another table than the one that the manifest names");

  if (!table->footer.root.absent()) {
    COPPICE_TRY_ASSIGN(root, read_block(*table->file, meta.unique_id, table->footer.root));
    table->root = std::move(root);
  }
  if (!table->footer.range_deletes.absent()) {
    COPPICE_TRY_ASSIGN(block, read_block(*table->file, meta.unique_id, table->footer.range_deletes));
    const auto range_deletes = decode_range_deletes({block.bytes.get(), block.size});
    if (!range_deletes)
      return damage(path, table->footer.range_deletes.offset, "the range deletes make no sense");
    table->range_deletes = RangeDeletes(*range_deletes);
  }
  return std::unique_ptr<const OpenTable>(std::move(table));
}

Result<BlockRef> OpenTable::read(const BlockHandle& handle, BlockCache& cache,
                                 const TableReadOptions& options) const {
  const BlockKey key{footer.unique_id, handle.offset};
  if (BlockRef block = cache.find(key)) return block;
  if (options.cached_only) return Error{Errc::would_block, file->name() + ": the block is not in memory"};
  COPPICE_TRY_ASSIGN(block, read_block(*file, footer.unique_id, handle));
  if (!options.fill_cache) return BlockRef(std::move(block));
  return cache.insert(key, std::move(block));
}

std::optional<BlockHandle> OpenTable::child(const Entry& entry) const {
  const auto handle = decode_handle(entry.value);
  const uint64_t end = file->size() - kFooterSize;
  if (!handle || handle->absent() || handle->offset > end ||
      handle->size + uint64_t{kBlockTrailerSize} > end - handle->offset)
    return std::nullopt;
  return handle;
}

}  // namespace coppice::engine
