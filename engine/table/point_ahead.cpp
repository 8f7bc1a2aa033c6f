#include "engine/table/point_ahead.hpp"

#include "engine/table/bloom.hpp"
#include "engine/table/open_table.hpp"

namespace coppice::engine {

namespace {

constexpr size_t kCacheLineSize = 64;

// The first places that a search by halves looks at, in an array that takes about half of the page.
void prefetch_halves(ByteView page) {
  constexpr size_t kParts = 16;
  for (size_t part = 0; part < kParts / 2; ++part)
    __builtin_prefetch(page.data() + page.size() * part / kParts);
}

}  // namespace

void prefetch_front(ByteView block) {
  for (size_t offset = 0; offset < 3 * kCacheLineSize && offset < block.size(); offset += kCacheLineSize)
    __builtin_prefetch(block.data() + offset);
}

void PointAhead::ask_filter(const TableReader& table, uint64_t hash) {
  const OpenTable* const open = table.find_open();
  const HeldBlock* const filter = open == nullptr ? nullptr : open->find_filter();
  if (filter != nullptr) filter_prefetch(filter->bytes(), hash);
}

bool PointAhead::begin(const TableReader& table, ByteView key, uint64_t hash, Timestamp at) {
  const OpenTable* const open = table.find_open();
  if (open == nullptr || open->footer.height == 0) return false;
  const HeldBlock* const filter = open->find_filter();
  if (filter != nullptr && !filter_may_contain(filter->bytes(), hash)) return false;
  table_ = open;
  target_ = {key, at};
  uint32_t index = 0;
  if (!descend(open->root.bytes(), index) || open->footer.height == 1) return true;
  const HeldBlock* const page = open->footer.height == 2 ? open->find_page(index) : nullptr;
  block_ = {};
  if (page == nullptr) return true;
  page_ = page->bytes();
  prefetch_halves(page_);
  return true;
}

// To the child of this page that may have the target.
bool PointAhead::descend(ByteView payload, uint32_t& index) {
  BlockView page;
  if (!page.open(payload) || page.kind() != BlockKind::page) return false;
  index = page.lower_bound(target_);
  RawEntry entry;
  if (index >= page.count() || !page.decode(index, entry)) return false;
  const auto child = table_->child(entry.value);
  if (!child) return false;
  block_ = *child;
  return true;
}

void PointAhead::ask_place() {
  uint32_t index = 0;
  if (!page_.empty()) descend(page_, index);
  if (!block_.absent()) table_->cache.prefetch({table_->footer.unique_id, block_.offset});
}

void PointAhead::ask_block() {
  if (block_.absent()) return;
  const BlockRef block = table_->cache.peek({table_->footer.unique_id, block_.offset});
  if (block) return prefetch_front(block.bytes());
  table_->file->prefetch(block_.offset, block_.size + kBlockTrailerSize);
}

}  // namespace coppice::engine
