#include "engine/values/value_walk.hpp"

#include <algorithm>

namespace coppice::engine {

Result<ByteView> ValueWalk::read(const ValueFile& file, const BlockHandle& place,
                                 const TableReadOptions& options) {
  block_ = file.find_cached(place);
  if (block_) return block_.bytes();
  COPPICE_TRY_ASSIGN(opened, file.open(options.cached_only));
  const ReadAhead& ahead = ahead_of(file, *opened);
  // A long walk would push out of the cache what others come back to.
  TableReadOptions once = options;
  if (ahead.is_long()) once.fill_cache = false;
  COPPICE_TRY_ASSIGN(kept, file.read(place, once, buffer_, &ahead));
  block_ = std::move(kept.block);
  return kept.bytes;
}

ReadAhead& ValueWalk::ahead_of(const ValueFile& file, const RandomFile& opened) {
  const auto found = std::ranges::find(places_, &file, &Place::file);
  if (found != places_.end()) {
    places_.splice(places_.begin(), places_, found);
  } else {
    if (places_.size() == kFilesMax) places_.pop_back();
    places_.emplace_front(Place{&file, ReadAhead(opened)});
  }
  return places_.front().ahead;
}

}  // namespace coppice::engine
