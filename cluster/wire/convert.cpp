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

schema::Operator to_message(Operator op) {
  switch (op) {
    case Operator::append:
      return schema::Operator::APPEND;
    case Operator::max:
      return schema::Operator::MAX;
    case Operator::add:
      break;
  }
  return schema::Operator::ADD;
}

Result<Operator> read_operator(schema::Operator message) {
  switch (message) {
    case schema::Operator::ADD:
      return Operator::add;
    case schema::Operator::APPEND:
      return Operator::append;
    case schema::Operator::MAX:
      return Operator::max;
  }
  return Error{Errc::unsupported, "this node does not know the operator asked for: upgrade it"};
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
