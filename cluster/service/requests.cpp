#include "cluster/service/requests.hpp"

#include "cluster/wire/convert.hpp"

namespace coppice::cluster {
namespace {

using wire::as_view;

Status add_put(engine::Batch& batch, schema::Entry::Reader entry) {
  return batch.put(as_view(entry.getKey()), as_view(entry.getValue()));
}

Status add_put_for(const ExpiryAfter& expiry_after, engine::Batch& batch,
                   schema::TimedEntry::Reader message) {
  const uint64_t ttl_ms = message.getTtlMs();
  if (ttl_ms == 0) return Error{Errc::invalid_argument, "a time to live of 0 ms: it has 1 ms and more"};
  const auto entry = message.getEntry();
  return batch.put_until(as_view(entry.getKey()), as_view(entry.getValue()), expiry_after(ttl_ms));
}

Status add_operation(const ExpiryAfter& expiry_after, engine::Batch& batch,
                     schema::Operation::Reader message) {
  switch (message.which()) {
    case schema::Operation::PUT:
      return add_put(batch, message.getPut());
    case schema::Operation::PUT_FOR:
      return add_put_for(expiry_after, batch, message.getPutFor());
    case schema::Operation::DELETE:
      return batch.remove(as_view(message.getDelete()));
    case schema::Operation::DELETE_RANGE: {
      const auto range = message.getDeleteRange();
      return batch.delete_range(as_view(range.getBegin()), as_view(range.getEnd()));
    }
    case schema::Operation::MERGE: {
      const auto merge = message.getMerge();
      COPPICE_TRY_ASSIGN(op, wire::read_operator(merge.getOperator()));
      return batch.merge(as_view(merge.getKey()), op, as_view(merge.getOperand()));
    }
  }
  return Error{Errc::unsupported, "this node does not know the kind of operation: upgrade it"};
}

}  // namespace

Result<ByteView> read_key(capnp::Data::Reader message) {
  const ByteView key = as_view(message);
  COPPICE_TRY(check_key(key));
  return key;
}

Result<std::vector<Bytes>> read_keys(capnp::List<capnp::Data>::Reader message) {
  if (uint64_t{message.size()} * actors::kAnswerOverhead > actors::kAnswerSizeMax)
    return Error{
        Errc::invalid_argument,
        std::to_string(message.size()) + " keys are too many for one call: their answer would pass 64 MiB"};
  std::vector<Bytes> keys;
  keys.reserve(message.size());
  for (const auto item : message) {
    COPPICE_TRY_ASSIGN(key, read_key(item));
    keys.emplace_back(key);
  }
  return keys;
}

Result<KeyRange> read_range(schema::KeyRange::Reader message) {
  KeyRange range = wire::read_range(message);
  if (!range.begin.empty()) COPPICE_TRY(check_key(range.begin));
  if (range.end) COPPICE_TRY(check_key(*range.end));
  return range;
}

Result<actors::ScanOptions> read_scan(schema::Reader::ScanParams::Reader message) {
  COPPICE_TRY_ASSIGN(range, read_range(message.getRange()));
  actors::ScanOptions options;
  options.range = std::move(range);
  options.reverse = message.getReverse();
  options.limit = message.getLimit();
  options.keys_only = message.getKeysOnly();
  return options;
}

Result<engine::Batch> read_put(schema::Entry::Reader message) {
  engine::Batch batch;
  COPPICE_TRY(add_put(batch, message));
  return batch;
}

Result<engine::Batch> read_put_for(const ExpiryAfter& expiry_after, schema::TimedEntry::Reader message) {
  engine::Batch batch;
  COPPICE_TRY(add_put_for(expiry_after, batch, message));
  return batch;
}

Result<engine::Batch> read_delete(capnp::Data::Reader message) {
  engine::Batch batch;
  COPPICE_TRY(batch.remove(as_view(message)));
  return batch;
}

Result<engine::Batch> read_delete_range(schema::KeyRange::Reader message) {
  engine::Batch batch;
  COPPICE_TRY(batch.delete_range(as_view(message.getBegin()), as_view(message.getEnd())));
  return batch;
}

Result<std::vector<actors::Condition>> read_conditions(capnp::List<schema::Condition>::Reader message) {
  if (message.size() > actors::kConditionsMax)
    return Error{Errc::invalid_argument, "the write has " + std::to_string(message.size()) +
                                             " conditions, and may have " +
                                             std::to_string(actors::kConditionsMax)};
  std::vector<actors::Condition> conditions;
  conditions.reserve(message.size());
  for (const auto condition : message) {
    COPPICE_TRY_ASSIGN(key, read_key(condition.getKey()));
    conditions.push_back({Bytes(key), Timestamp{condition.getVersion()}});
  }
  return conditions;
}

Result<engine::Batch> read_operations(const ExpiryAfter& expiry_after,
                                      capnp::List<schema::Operation>::Reader message) {
  engine::Batch batch;
  for (const auto operation : message) COPPICE_TRY(add_operation(expiry_after, batch, operation));
  return batch;
}

}  // namespace coppice::cluster
