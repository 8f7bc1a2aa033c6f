// Our words as store.capnp's, and back.
#pragma once

#include <capnp/blob.h>
#include <schema/store.capnp.h>

#include "schema/operators.hpp"
#include "schema/types.hpp"

namespace coppice::wire {

/// Lifetime: of what it is given.
inline ByteView as_view(capnp::Data::Reader data) {
  return {reinterpret_cast<const char*>(data.begin()), data.size()};
}
inline capnp::Data::Reader as_data(ByteView bytes) {
  return {reinterpret_cast<const kj::byte*>(bytes.data()), bytes.size()};
}

/// Requires: `range.end`, if any, is not empty; on the wire an empty end means none.
void set_range(schema::KeyRange::Builder message, const KeyRange& range);
KeyRange read_range(schema::KeyRange::Reader message);

schema::Operator to_message(Operator op);
/// unsupported for one that a later version may know.
Result<Operator> read_operator(schema::Operator message);

schema::Durability to_message(Durability durability);
/// invalid_argument for one that a later version may know.
Result<Durability> read_durability(schema::Durability message);

/// In words, of what a message needs for so many bytes in one field.
inline uint64_t words_for(size_t size) { return (size + 7) / 8; }

}  // namespace coppice::wire
