#include "engine/table/point_search.hpp"

#include "engine/watch/read_work.hpp"

namespace coppice::engine {

namespace {

bool turned_away(const TableReadOptions& options) {
  if (options.work != nullptr) options.work->note_filtered();
  return false;
}

// The first places that a search by halves looks at, in an array that takes about half of the page.
void prefetch_halves(ByteView page) {
  constexpr size_t kParts = 16;
  for (size_t part = 0; part < kParts / 2; ++part)
    __builtin_prefetch(page.data() + page.size() * part / kParts);
}

}  // namespace

Error PointSearch::senseless(const BlockHandle& handle) const {
  return damage(reader_->path(), handle.offset, "the block's entries make no sense");
}

void PointSearch::ask_filter() const {
  const OpenTable* const table = reader_->find_open();
  if (table == nullptr || table->footer.filter.absent()) return;
  if (const HeldBlock* filter = table->find_filter(hash_)) table->prefetch_filter(filter->bytes(), hash_);
}

Result<bool> PointSearch::pass(const TableReadOptions& options) {
  COPPICE_TRY_ASSIGN(table, reader_->open(options.cached_only));
  table_ = table;
  if (table->footer.height == 0) return false;
  if (!table->footer.filter.absent()) {
    if (const HeldBlock* filter = table->find_filter(hash_)) {
      if (!table->may_contain(filter->bytes(), hash_)) return turned_away(options);
    } else {
      COPPICE_TRY_ASSIGN(read, table->read_filter(hash_, options));
      if (!table->may_contain(read.bytes, hash_)) return turned_away(options);
    }
  }
  root_index_ = table->root.page.lower_bound(target_);
  return root_index_ != table->root.page.count();
}

void PointSearch::ask_page() const {
  if (table_->footer.height < 2 || root_index_ == BlockView::kDamaged) return;
  if (const HeldBlock* page = table_->find_page(root_index_)) prefetch_halves(page->bytes());
}

// Down the tree. The child behind the first separator at or after the target holds the target's place, and no
// separator has the key of an entry in a later child: see separator().
Result<bool> PointSearch::place(const TableReadOptions& options, BlockBuffer& buffer) {
  const uint32_t height = table_->footer.height;
  BlockHandle handle = table_->footer.root;
  const BlockView* page = &table_->root.page;
  BlockHint* hints = table_->root.hints.get();
  uint32_t index = root_index_;
  BlockView view;
  BlockRef block;
  for (uint32_t level = height;; --level) {
    if (level < height) index = page->lower_bound(target_);
    if (index == page->count()) return false;
    if (index == BlockView::kDamaged) return senseless(handle);
    // What the cache has is asked for before it is known for certain which block that is.
    if (hints != nullptr) table_->cache.prefetch(hints[index]);
    RawEntry entry;
    if (!page->decode(index, entry)) return senseless(handle);
    const auto child = table_->child(entry.value);
    if (!child) return damage(reader_->path(), handle.offset, "the index names a block outside of the file");
    handle = *child;
    if (level == 1) {
      handle_ = handle;
      hint_ = hints == nullptr ? nullptr : &hints[index];
      return true;
    }
    hints = nullptr;
    OpenTable::Kept kept;
    if (level == height) {
      if (const HeldBlock* held = table_->find_page(index)) {
        page = &held->page;
        hints = held->hints.get();
        continue;
      }
      COPPICE_TRY_ASSIGN(read, table_->read_page(index, handle, options));
      kept = std::move(read);
    } else {
      COPPICE_TRY_ASSIGN(read, table_->read(handle, BlockKind::page, options, buffer, nullptr));
      kept = std::move(read);
    }
    if (!view.open(kept.bytes) || view.kind() != BlockKind::page) return senseless(handle);
    block = std::move(kept.block);
    page = &view;
  }
}

void PointSearch::ask_entry() {
  if (hint_ != nullptr) block_ = table_->cache.find_hinted({table_->cache_id, handle_.offset}, *hint_);
  BlockView view;
  if (!block_) {
    table_->file->prefetch(handle_.offset, handle_.size + kBlockTrailerSize);
  } else if (view.open(block_.bytes()) && view.kind() == BlockKind::data) {
    view.prefetch(hash_);
  }
}

Result<PointRead> PointSearch::read(const TableReadOptions& options, BlockBuffer& buffer) {
  ByteView bytes = block_.bytes();
  BlockRef block = std::move(block_);
  if (!block) {
    COPPICE_TRY_ASSIGN(read, table_->read(handle_, BlockKind::data, options, buffer, hint_));
    bytes = read.bytes;
    block = std::move(read.block);
  }
  BlockView view;
  if (!view.open(bytes) || view.kind() != BlockKind::data) return senseless(handle_);
  RawEntry entry;
  const uint32_t index = view.find(target_.key, target_.commit, hash_, entry);
  if (index == BlockView::kDamaged) return senseless(handle_);
  if (options.work != nullptr) options.work->note_block(index != view.count());
  if (index == view.count()) return PointRead{};
  return PointRead{true, entry.kind, reader_->from_file(entry.commit), entry.value, std::move(block)};
}

}  // namespace coppice::engine
