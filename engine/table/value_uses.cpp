#include "engine/table/value_uses.hpp"

#include <algorithm>

namespace coppice::engine {

void ValueUses::add(uint64_t file, uint64_t size) {
  size_ += size;
  auto place = std::ranges::lower_bound(uses_, file, {}, &Use::file);
  if (place == uses_.end() || place->file != file) place = uses_.insert(place, {file, 0});
  place->size += size;
}

}  // namespace coppice::engine
