#include "cluster/wire/convert.hpp"

namespace coppice::wire {

void set_range(schema::KeyRange::Builder message, const KeyRange& range) {
  COPPICE_CHECK(!range.end || !range.end->empty());
  message.setBegin(as_data(range.begin));
  if (range.end) message.setEnd(as_data(*range.end));
}

KeyRange read_range(schema::KeyRange::Reader message) {
  KeyRange range{Bytes(as_view(message.getBegin())), std::nullopt};
  if (const ByteView end = as_view(message.getEnd()); !end.empty()) range.end = Bytes(end);
  return range;
}

schema::Durability to_message(Durability durability) {
  switch (durability) {
    case Durability::memory:
      return schema::Durability::MEMORY;
    case Durability::buffered:
      return schema::Durability::BUFFERED;
    case Durability::synced:
      break;
  }
  return schema::Durability::SYNCED;
}

Result<Durability> read_durability(schema::Durability message) {
  switch (message) {
    case schema::Durability::MEMORY:
      return Durability::memory;
    case schema::Durability::BUFFERED:
      return Durability::buffered;
    case schema::Durability::SYNCED:
      return Durability::synced;
  }
  return Error{Errc::invalid_argument,
               "this node does not know the durability asked for: use memory, buffered or synced"};
}

}  // namespace coppice::wire
