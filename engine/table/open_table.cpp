#include "engine/table/open_table.hpp"

#include <algorithm>

#include "engine/base/random.hpp"
#include "engine/table/block_stash.hpp"
#include "engine/table/block_upgrade.hpp"
#include "engine/table/compression.hpp"
#include "engine/watch/read_work.hpp"

namespace coppice::engine {

namespace {

ByteView view(const Block& block) { return {block.bytes.get(), block.size}; }

// A table that was built outside may have any unique id, that of another table too; the commit it got here nobody knew before.
uint64_t cache_id_of(const TableMeta& meta) {
  return meta.ingested == kTimestampMin ? meta.unique_id : mix(mix(meta.unique_id) ^ meta.ingested.raw);
}

void note_disk(const TableReadOptions& options, const BlockHandle& handle) {
  if (options.work == nullptr) return;
  ++options.work->blocks_read;
  options.work->bytes_read += handle.size + kBlockTrailerSize;
}

}  // namespace

Result<std::unique_ptr<const OpenTable>> OpenTable::open(FileSystem& files, const std::string& path,
                                                         const TableMeta& meta, BlockCache& cache,
                                                         const KeyRing& keys) {
  auto table = std::make_unique<OpenTable>(files, cache);
  COPPICE_TRY_ASSIGN(file, files.open(path));
  table->file = std::move(file);
  const uint64_t file_size = table->file->size();
  if (file_size != meta.file_size || file_size < kFooterSizeLeast)
    return damage(path, file_size,
                  "the file has " + std::to_string(file_size) + " bytes, and the manifest says " +
                      std::to_string(meta.file_size));

  const size_t end_size = std::min<uint64_t>(file_size, kFooterSize);
  const uint64_t footer_offset = file_size - end_size;
  char bytes[kFooterSize];
  COPPICE_TRY(table->file->read(footer_offset, end_size, bytes));
  auto footer = decode_footer({bytes, end_size}, file_size);
  if (!footer.ok()) {
    if (footer.error().code == Errc::corruption) return damage(path, footer_offset, footer.error().text);
    return std::move(footer).error().within(path);
  }
  table->footer = *footer;
  table->blocks_end = file_size - footer_size(footer->version);
  if (table->footer.unique_id != meta.unique_id)
    return damage(path, footer_offset, "this is another table than the one that the manifest names");
  if (table->footer.seal.key_id != meta.key_id)
    return damage(path, footer_offset,
                  "the table is encrypted with key " + key_name(table->footer.seal.key_id) +
                      ", and the manifest says " + key_name(meta.key_id));
  if (((table->footer.flags & kTableOutside) != 0) != (meta.ingested != kTimestampMin))
    return damage(path, footer_offset,
                  "whether the table was built outside of a tree is not what the manifest says");
  if (!table->footer.may_have_range_deletes())
    return damage(path, footer_offset, "a table that was built outside of a tree has range deletes");
  COPPICE_TRY_ASSIGN(seal, keys.open(table->footer.seal, FileUse::table, path));
  table->form = {meta.unique_id, std::move(seal.cipher)};
  table->cache_id = cache_id_of(meta);

  if (!table->footer.dictionary.absent()) {
    COPPICE_TRY_ASSIGN(block, read_block(*table->file, table->form, table->footer.dictionary));
    table->form.dictionary = Dictionary::open(view(block));
    if (table->form.dictionary == nullptr)
      return damage(path, table->footer.dictionary.offset, "the dictionary makes no sense");
  }
  COPPICE_TRY(table->open_entries());
  if (!table->footer.range_deletes.absent()) {
    COPPICE_TRY_ASSIGN(block, read_block(*table->file, table->form, table->footer.range_deletes));
    const auto range_deletes = decode_range_deletes(view(block));
    if (!range_deletes)
      return damage(path, table->footer.range_deletes.offset, "the range deletes make no sense");
    table->range_deletes = RangeDeletes(*range_deletes);
  }
  table->charge();
  return std::unique_ptr<const OpenTable>(std::move(table));
}

// The root of the index, the head of a filter in parts, and places for what they lead to.
Status OpenTable::open_entries() {
  size_t place_count = kFirstPagePlace;
  if (!footer.root.absent()) {
    COPPICE_TRY_ASSIGN(page, load(*file, footer.root, BlockKind::page));
    root.block = std::move(page);
    if (!root.open()) return damage(file->name(), footer.root.offset, "the block's entries make no sense");
    if (footer.height > 1) {
      place_count += root.page.count();
    } else {
      root.make_hints();
    }
  }
  if ((footer.flags & kTableFilterPartitioned) != 0) {
    COPPICE_TRY_ASSIGN(head, read_block(*file, form, footer.filter));
    const auto parts = decode_filter_head(view(head), blocks_end);
    if (!parts) return damage(file->name(), footer.filter.offset, "the filter makes no sense");
    filter_parts = *parts;
    place_count += parts->count;
  }
  held = std::make_unique<HeldBlocks>(cache, place_count);
  return success();
}

void OpenTable::charge() {
  // The file, with its name and what the system's allocator adds.
  constexpr size_t kFileSize = 256;
  charged = sizeof(OpenTable) + sizeof(HeldBlocks) + kFileSize + root.size() +
            held->count() * sizeof(std::atomic<const HeldBlock*>) + range_deletes.size() +
            (form.cipher != nullptr ? kCipherSize : 0) +
            (form.dictionary != nullptr ? form.dictionary->size() : 0);
  cache.charge(charged);
}

Result<BlockRef> OpenTable::read(const BlockHandle& handle, BlockKind kind, const TableReadOptions& options,
                                 const RandomFile* through) const {
  const BlockKey key{cache_id, handle.offset};
  if (BlockRef block = cache.find(key)) return block;
  if (options.cached_only) return would_block();
  note_disk(options, handle);
  COPPICE_TRY_ASSIGN(block, load(through != nullptr ? *through : *file, handle, kind));
  return is_wanted(key, kind, options) ? cache.insert(key, view(block)) : BlockRef(std::move(block));
}

Result<OpenTable::Kept> OpenTable::read(const BlockHandle& handle, BlockKind kind,
                                        const TableReadOptions& options, BlockBuffer& buffer,
                                        BlockHint* hint) const {
  const BlockKey key{cache_id, handle.offset};
  BlockRef cached = hint != nullptr ? cache.find(key, *hint) : cache.find(key);
  if (cached) return Kept{cached.bytes(), std::move(cached)};
  if (options.cached_only) return would_block();
  if (options.stash != nullptr) {
    const ByteView stashed = options.stash->find(*this, handle);
    if (!stashed.empty()) return Kept{stashed, {}};
    if (!file->is_in_memory(handle.offset, handle.size + kBlockTrailerSize) &&
        options.stash->want(*this, handle, kind))
      return would_block();
  }
  note_disk(options, handle);
  ByteView payload;
  if (footer.has_current_blocks()) {
    COPPICE_TRY_ASSIGN(read, read_block(*file, form, handle, buffer));
    payload = read;
  } else {
    COPPICE_TRY_ASSIGN(block, load(*file, handle, kind));
    payload = buffer.keep(std::move(block));
  }
  if (!is_wanted(key, kind, options)) return Kept{payload, {}};
  BlockRef kept = cache.insert(key, payload);
  return Kept{kept.bytes(), std::move(kept)};
}

BlockRef OpenTable::offer(const BlockHandle& handle, BlockKind kind, Block block) const {
  const BlockKey key{cache_id, handle.offset};
  return is_wanted(key, kind, {}) ? cache.insert(key, view(block)) : BlockRef(std::move(block));
}

bool OpenTable::is_wanted(const BlockKey& key, BlockKind kind, const TableReadOptions& options) const {
  return options.fill_cache && (kind == BlockKind::page || cache.is_wanted(key));
}

void OpenTable::prefetch_filter(ByteView filter, uint64_t hash) const {
  if (filter_parts.count == 0) {
    filter_prefetch(filter, hash);
  } else {
    __builtin_prefetch(filter_parts.line_in(filter, hash));
  }
}

Result<OpenTable::Kept> OpenTable::read_filter(uint64_t hash, const TableReadOptions& options) const {
  const bool is_whole = filter_parts.count == 0;
  const BlockHandle handle = is_whole ? footer.filter : filter_parts.handle(filter_parts.part_of(hash));
  const size_t place = filter_place(hash);
  if (auto cached = find_cached(place, handle, options)) return *std::move(cached);
  if (options.cached_only) return would_block();
  note_disk(options, handle);
  COPPICE_TRY_ASSIGN(block, read_block(*file, form, handle));
  if (!is_filter(view(block))) return damage(file->name(), handle.offset, "the filter makes no sense");
  return keep(place, handle, options, std::move(block));
}

bool OpenTable::is_filter(ByteView bytes) const {
  return filter_parts.count == 0 ? filter_valid(bytes) : bytes.size() == kFilterPartSize;
}

const HeldBlock* OpenTable::find_page(uint32_t index) const { return held->find(kFirstPagePlace + index); }

Result<OpenTable::Kept> OpenTable::read_page(uint32_t index, const BlockHandle& handle,
                                             const TableReadOptions& options) const {
  if (auto cached = find_cached(kFirstPagePlace + index, handle, options)) return *std::move(cached);
  if (options.cached_only) return would_block();
  note_disk(options, handle);
  COPPICE_TRY_ASSIGN(block, load(*file, handle, BlockKind::page));
  return keep(kFirstPagePlace + index, handle, options, std::move(block));
}

// A block that the cache has, as there was no room to hold it. Now there may be.
std::optional<OpenTable::Kept> OpenTable::find_cached(size_t place, const BlockHandle& handle,
                                                      const TableReadOptions& options) const {
  BlockRef cached = cache.find({cache_id, handle.offset});
  if (!cached) return std::nullopt;
  // It is there for whoever read it, as whatever it was read as.
  if (!is_page(place) && !is_filter(cached.bytes())) return std::nullopt;
  if (options.fill_cache) {
    if (!cache.may_reserve(cached.bytes().size())) {
      note(lacked_room);
    } else if (Block copy = copy_block(cached.bytes()); const HeldBlock* in_place = hold(place, copy)) {
      return Kept{in_place->bytes(), {}};
    }
  }
  const ByteView bytes = cached.bytes();
  return Kept{bytes, std::move(cached)};
}

// Nullptr: it cannot be held, and `block` is left as it was.
const HeldBlock* OpenTable::hold(size_t place, Block& block) const {
  const bool page = is_page(place);
  HeldBlock fresh = page ? HeldBlock{std::move(block), {}, nullptr} : HeldBlock::of_filter(view(block));
  const HeldBlock* in_place = nullptr;
  if (!page || fresh.open()) {
    if (page && footer.height == 2) fresh.make_hints();
    in_place = held->hold(place, fresh);
    if (in_place == nullptr) note(lacked_room);
  }
  if (page && in_place == nullptr) block = std::move(fresh.block);
  return in_place;
}

// Holds a block just read; if there is no room for that, the cache gets it.
Result<OpenTable::Kept> OpenTable::keep(size_t place, const BlockHandle& handle,
                                        const TableReadOptions& options, Block block) const {
  if (options.fill_cache) {
    if (const HeldBlock* in_place = hold(place, block)) return Kept{in_place->bytes(), {}};
  }
  BlockRef ref =
      options.fill_cache ? cache.insert({cache_id, handle.offset}, view(block)) : BlockRef(std::move(block));
  const ByteView bytes = ref.bytes();
  return Kept{bytes, std::move(ref)};
}

std::optional<BlockHandle> OpenTable::child(ByteView value) const {
  const auto handle = decode_handle(value);
  if (!handle || handle->absent() || handle->offset > blocks_end ||
      handle->size + uint64_t{kBlockTrailerSize} > blocks_end - handle->offset)
    return std::nullopt;
  return handle;
}

Result<Block> OpenTable::current(const BlockHandle& handle, BlockKind kind, Block block) const {
  if (footer.has_current_blocks()) return block;
  Block upgraded = upgrade_block(view(block), kind);
  if (upgraded.bytes == nullptr)
    return damage(file->name(), handle.offset, "the block's entries make no sense");
  return upgraded;
}

Result<Block> OpenTable::load(const RandomFile& from, const BlockHandle& handle, BlockKind kind) const {
  COPPICE_TRY_ASSIGN(block, read_block(from, form, handle));
  return current(handle, kind, std::move(block));
}

Error OpenTable::would_block() const {
  return {Errc::would_block, file->name() + ": the block is not in memory"};
}

}  // namespace coppice::engine
