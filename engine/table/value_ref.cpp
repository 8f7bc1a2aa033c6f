#include "engine/table/value_ref.hpp"

#include "engine/base/coding.hpp"

namespace coppice::engine {

void put_value_ref(Bytes& target, const ValueRef& ref) {
  put_varint(target, ref.file);
  put_varint(target, ref.place.offset);
  put_varint(target, ref.place.size);
}

std::optional<ValueRef> decode_value_ref(ByteView bytes) {
  const auto file = take_varint(bytes);
  const auto offset = take_varint(bytes);
  const auto size = take_varint32(bytes);
  if (!file || !offset || !size || *file == 0 || *size == 0 || !bytes.empty()) return std::nullopt;
  return ValueRef{*file, {*offset, *size}};
}

ValueRef value_ref_of(Kind kind, ByteView stored) {
  COPPICE_CHECK(is_apart(kind));
  const auto ref = decode_value_ref(plain_value(kind, stored));
  COPPICE_CHECK(ref.has_value());
  return *ref;
}

}  // namespace coppice::engine
