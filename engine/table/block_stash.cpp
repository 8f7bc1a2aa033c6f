#include "engine/table/block_stash.hpp"

#include <algorithm>

#include "engine/watch/read_work.hpp"

namespace coppice::engine {

ByteView BlockStash::find(const OpenTable& table, const BlockHandle& handle) const {
  const auto place = std::ranges::find_if(places_, [&](const Place& other) {
    return other.table == &table && other.handle.offset == handle.offset;
  });
  return place == places_.end() ? ByteView() : place->block.bytes();
}

bool BlockStash::want(const OpenTable& table, const BlockHandle& handle, BlockKind kind) {
  const bool is_wanted = std::ranges::any_of(wanted_, [&](const Place& other) {
    return other.table == &table && other.handle.offset == handle.offset;
  });
  if (is_wanted) return true;
  if (size_ + handle.size > kSizeMax) return false;
  size_ += handle.size;
  wanted_.push_back({&table, handle, kind, {}});
  return true;
}

Status BlockStash::read(ReadWork& work) {
  std::vector<Block> stored;
  std::vector<FileRead> reads;
  for (const Place& place : wanted_) {
    COPPICE_TRY_ASSIGN(size, stored_size(*place.table->file, place.handle));
    stored.push_back({std::make_unique_for_overwrite<char[]>(size), place.handle.size});
    reads.push_back(
        {place.table->file.get(), place.handle.offset, size, stored.back().bytes.get(), success()});
    ++work.blocks_read;
    work.bytes_read += size;
  }
  if (!reads.empty()) wanted_.front().table->files.read_all(reads);
  for (size_t i = 0; i < reads.size(); ++i) {
    COPPICE_TRY(reads[i].status);
    COPPICE_TRY(take(wanted_[i], std::move(stored[i])));
  }
  wanted_.clear();
  return success();
}

// Checks a block just read, and lets the cache have it.
Status BlockStash::take(Place& place, Block stored) {
  const OpenTable& table = *place.table;
  COPPICE_TRY_ASSIGN(block, open_block(*table.file, table.form, place.handle, std::move(stored)));
  COPPICE_TRY_ASSIGN(current, table.current(place.handle, place.kind, std::move(block)));
  place.block = table.offer(place.handle, place.kind, std::move(current));
  places_.push_back(std::move(place));
  return success();
}

}  // namespace coppice::engine
