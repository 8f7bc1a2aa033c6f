#include "engine/table/table_cursor.hpp"

namespace coppice::engine {

// Opens the table if that has not happened. False: there is nothing to walk, or it failed.
bool TableCursor::start() {
  if (!status_.ok()) return false;
  if (data_ != nullptr) return true;
  const auto table = reader_.open(options_.cached_only);
  if (!table.ok()) {
    status_ = table.status();
    return false;
  }
  table_ = *table;
  height_ = table_->footer.height;
  if (height_ == 0) return false;
  path_ = std::make_unique<Frame[]>(size_t{height_} + 1);
  path_[0].handle = table_->footer.root;
  path_[0].bytes = table_->root.bytes();
  if (!path_[0].cursor.reset(path_[0].bytes)) {
    fail(path_[0]);
    return false;
  }
  data_ = &path_[height_];
  data_->cursor.shift_commits(reader_.commit_shift_);
  ahead_.emplace(*table_->file);
  return true;
}

const Entry* TableCursor::fail(const Frame& frame) {
  if (status_.ok())
    status_ = damage(reader_.path(), frame.handle.offset, "the block's entries make no sense");
  return nullptr;
}

// Makes the block that `parent` names the one at `depth`.
bool TableCursor::enter(uint32_t depth, const Entry& parent) {
  Frame& frame = path_[depth];
  const auto handle = table_->child(parent.value);
  if (!handle) {
    fail(path_[depth - 1]);
    return false;
  }
  if (frame.handle == *handle) return true;
  auto kept = depth == height_ ? read_data(*handle) : read_page(depth, *handle);
  if (!kept.ok()) {
    status_ = std::move(kept).error();
    return false;
  }
  frame.handle = *handle;
  frame.block = std::move(kept->block);
  frame.bytes = kept->bytes;
  if (!frame.cursor.reset(kept->bytes)) fail(frame);
  return status_.ok();
}

// A long walk takes what room is free in the cache, and pushes nothing out. One over dead keys takes none: nobody comes for
// them again, and memory that is touched for the first time costs more than the read.
Result<OpenTable::Kept> TableCursor::read_data(const BlockHandle& handle) {
  TableReadOptions options = options_;
  if (options.walk != nullptr && options.walk->passes_dead) options.fill_cache = false;
  if (ahead_->is_long() && options.fill_cache) {
    const BlockCacheStats stats = table_->cache.stats();
    options.fill_cache = stats.size + ReadAhead::kWindowSizeMax <= stats.budget;
  }
  if (options.walk != nullptr && ahead_->has_begun()) limit_ahead(options.walk->range);
  COPPICE_TRY_ASSIGN(block, table_->read(handle, BlockKind::data, options, &*ahead_));
  const ByteView bytes = block.bytes();
  return OpenTable::Kept{bytes, std::move(block)};
}

// Blocks that lie outside of what the walk is for, as far as the page tells that leads to the block at hand: the next one
// tells it anew.
void TableCursor::limit_ahead(const KeyRange& range) {
  const Frame& page = path_[height_ - 1];
  if (page.handle == limiting_page_) return;
  limiting_page_ = page.handle;
  BlockView view;
  if (!view.open(page.bytes)) return;
  // The block where `key` has its place, unless that may lie behind another page.
  const auto place = [&](ByteView key, uint32_t index_min) -> std::optional<BlockHandle> {
    const uint32_t index = view.lower_bound({key, kTimestampMax});
    RawEntry entry;
    if (index < index_min || index >= view.count() || !view.decode(index, entry)) return std::nullopt;
    return table_->child(entry.value);
  };
  const auto first = place(range.begin, 1);
  const auto last = range.end ? place(*range.end, 0) : std::nullopt;
  ahead_->limit(first ? first->offset : 0, last ? last->offset + last->size + kBlockTrailerSize : UINT64_MAX);
}

Result<OpenTable::Kept> TableCursor::read_page(uint32_t depth, const BlockHandle& handle) {
  if (depth == 1) {
    const uint32_t index = path_[0].cursor.index();
    if (const HeldBlock* page = table_->find_page(index)) return OpenTable::Kept{page->bytes(), {}};
    return table_->read_page(index, handle, options_);
  }
  COPPICE_TRY_ASSIGN(block, table_->read(handle, BlockKind::page, options_));
  const ByteView bytes = block.bytes();
  return OpenTable::Kept{bytes, std::move(block)};
}

// To the data block where `target` has its place. False: that lies behind all of them, or status_ tells.
bool TableCursor::descend(const Position& target) {
  for (uint32_t depth = 0; depth < height_; ++depth) {
    Frame& frame = path_[depth];
    const Entry* entry = frame.cursor.seek(target);
    // A page's last separator is also the parent's for it, so only the root may have none that is large enough.
    if (entry == nullptr && (depth > 0 || frame.cursor.damaged())) fail(frame);
    if (entry == nullptr || !enter(depth + 1, *entry)) return false;
  }
  return true;
}

const Entry* TableCursor::seek(const Position& target) {
  const Position place{target.key, reader_.in_file(target.commit)};
  if (!start() || !descend(place)) return nullptr;
  const Entry* entry = data_->cursor.seek(place);
  return entry != nullptr ? entry : next_block();
}

const Entry* TableCursor::seek_before(const Position& target) {
  const Position place{target.key, reader_.in_file(target.commit)};
  if (!start()) return nullptr;
  if (!descend(place)) return status_.ok() ? seek_last() : nullptr;
  const Entry* entry = data_->cursor.seek_before(place);
  return entry != nullptr ? entry : prev_block();
}

const Entry* TableCursor::seek_last() {
  if (!start()) return nullptr;
  for (uint32_t depth = 0;; ++depth) {
    const Entry* entry = path_[depth].cursor.seek_last();
    if (entry == nullptr) return fail(path_[depth]);
    if (depth == height_) return entry;
    if (!enter(depth + 1, *entry)) return nullptr;
  }
}

const Entry* TableCursor::next() {
  if (!status_.ok()) return nullptr;
  const Entry* entry = data_->cursor.next();
  return entry != nullptr ? entry : next_block();
}

const Entry* TableCursor::prev() {
  if (!status_.ok()) return nullptr;
  const Entry* entry = data_->cursor.prev();
  return entry != nullptr ? entry : prev_block();
}

// Climbs to the first page that has a next child, and goes down that child's first entries.
const Entry* TableCursor::next_block() {
  if (data_->cursor.damaged()) return fail(*data_);
  uint32_t depth = height_;
  const Entry* entry = nullptr;
  while (entry == nullptr) {
    if (depth-- == 0) return nullptr;
    entry = path_[depth].cursor.next();
    if (path_[depth].cursor.damaged()) return fail(path_[depth]);
  }
  while (depth < height_) {
    if (!enter(++depth, *entry)) return nullptr;
    entry = path_[depth].cursor.seek_first();
    if (entry == nullptr) return fail(path_[depth]);
  }
  return entry;
}

const Entry* TableCursor::prev_block() {
  if (data_->cursor.damaged()) return fail(*data_);
  uint32_t depth = height_;
  const Entry* entry = nullptr;
  while (entry == nullptr) {
    if (depth-- == 0) return nullptr;
    entry = path_[depth].cursor.prev();
    if (path_[depth].cursor.damaged()) return fail(path_[depth]);
  }
  while (depth < height_) {
    if (!enter(++depth, *entry)) return nullptr;
    entry = path_[depth].cursor.seek_last();
    if (entry == nullptr) return fail(path_[depth]);
  }
  return entry;
}

const Entry* TableCursor::next_past(const Position& target, Timestamp commit) {
  return reader_.meta().newest < commit ? seek(target) : next();
}

const Entry* TableCursor::prev_past(const Position& target, Timestamp commit) {
  return reader_.meta().newest < commit ? seek_before(target) : prev();
}

}  // namespace coppice::engine
