#include "actors/store.hpp"

namespace coppice::actors {

void Page::add(ByteView key, ByteView value) {
  items_.push_back({bytes_.size(), static_cast<uint32_t>(key.size()), static_cast<uint32_t>(value.size())});
  bytes_.append(key).append(value);
}

ByteView Page::key(size_t index) const {
  const Place& place = items_[index];
  return ByteView(bytes_).substr(place.offset, place.key_size);
}

ByteView Page::value(size_t index) const {
  const Place& place = items_[index];
  return ByteView(bytes_).substr(place.offset + place.key_size, place.value_size);
}

}  // namespace coppice::actors
