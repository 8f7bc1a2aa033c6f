#include "engine/table/index_builder.hpp"

#include <algorithm>

namespace coppice::engine {

namespace {

// However long the keys are, every level is this much smaller than the one below it.
constexpr uint32_t kChildrenMin = 4;

}  // namespace

Status IndexBuilder::add(const Position& separator, const BlockHandle& block) {
  return add_to(0, separator, block);
}

Status IndexBuilder::add_to(size_t level, const Position& separator, const BlockHandle& child) {
  COPPICE_CHECK(level < kHeightMax);
  if (level == levels_.size())
    levels_.push_back(std::make_unique<Level>(Level{BlockBuilder(BlockKind::page), {}, {}}));
  Level& open = *levels_[level];
  if (open.page.size() >= page_size_ && open.page.count() >= kChildrenMin) {
    COPPICE_TRY_ASSIGN(page, write_page(open));
    COPPICE_TRY(add_to(level + 1, {open.last_key, open.last_commit}, page));
  }
  Bytes handle;
  put_handle(handle, child);
  open.page.add({separator.key, separator.commit, Kind::put, handle}, 0);
  open.last_key = separator.key;
  open.last_commit = separator.commit;
  return success();
}

Result<BlockHandle> IndexBuilder::write_page(Level& level) {
  COPPICE_TRY_ASSIGN(handle, writer_.write(level.page.finish()));
  level.page.clear();
  return handle;
}

Result<IndexBuilder::Root> IndexBuilder::finish() {
  // Only the top level's page has no parent; below it every open page becomes a child, which may close one above.
  for (size_t level = 0; level < levels_.size(); ++level) {
    Level& open = *levels_[level];
    COPPICE_TRY_ASSIGN(page, write_page(open));
    if (level + 1 == levels_.size()) return Root{page, static_cast<uint32_t>(level + 1)};
    COPPICE_TRY(add_to(level + 1, {open.last_key, open.last_commit}, page));
  }
  return Root{};
}

size_t IndexBuilder::size() const {
  size_t size = 0;
  for (const auto& level : levels_) size += level->page.size() + kBlockTrailerSize;
  return size;
}

Position separator(const Position& last, const Position& next) {
  const auto size = static_cast<ptrdiff_t>(std::min(last.key.size(), next.key.size()));
  const auto differ = std::mismatch(last.key.begin(), last.key.begin() + size, next.key.begin()).first;
  // Up to and with its first byte that differs, next.key lies between the two, if that is not all of it.
  const auto cut = static_cast<size_t>(differ - last.key.begin()) + 1;
  if (cut < last.key.size() && cut < next.key.size()) return {next.key.substr(0, cut), kTimestampMin};
  return last;
}

}  // namespace coppice::engine
