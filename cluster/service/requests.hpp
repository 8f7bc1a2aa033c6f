// Requests as the engine's and the store's words, each checked before it is used.
#pragma once

#include <functional>

#include <schema/store.capnp.h>

#include "actors/store.hpp"
#include "engine/log/batch.hpp"

namespace coppice::cluster {

// Errors: invalid_argument saying which part breaks which limit. A malformed message throws KJ's exception.

/// Lifetime: of the message.
Result<ByteView> read_key(capnp::Data::Reader message);
Result<std::vector<Bytes>> read_keys(capnp::List<capnp::Data>::Reader message);
/// Both ends are empty or keys.
Result<KeyRange> read_range(schema::KeyRange::Reader message);
/// But for the snapshot.
Result<actors::ScanOptions> read_scan(schema::Reader::ScanParams::Reader message);

Result<engine::Batch> read_put(schema::Entry::Reader message);
/// The moment that lies so many milliseconds ahead, in milliseconds since 1970: see actors::Store::expiry_after.
using ExpiryAfter = std::function<uint64_t(uint64_t)>;
Result<engine::Batch> read_put_for(const ExpiryAfter& expiry_after, schema::TimedEntry::Reader message);
Result<engine::Batch> read_delete(capnp::Data::Reader message);
Result<engine::Batch> read_delete_range(schema::KeyRange::Reader message);
/// At most actors::kConditionsMax.
Result<std::vector<actors::Condition>> read_conditions(capnp::List<schema::Condition>::Reader message);
Result<engine::Batch> read_operations(const ExpiryAfter& expiry_after,
                                      capnp::List<schema::Operation>::Reader message);

}  // namespace coppice::cluster
