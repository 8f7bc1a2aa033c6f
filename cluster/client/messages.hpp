// The client's words as requests, and answers as the client's words.
#pragma once

#include <optional>

#include <schema/store.capnp.h>

#include "cluster/client/batch.hpp"
#include "cluster/client/stats.hpp"

namespace coppice::client {

/// For write requests: `operations` is the list that WriteParams begin.
capnp::MessageSize write_size(const Batch& batch);
void set_operations(const Batch& batch, capnp::List<schema::Operation>::Builder operations);

// These copy what they are given, and throw KJ's exceptions for a malformed message.
std::optional<Bytes> read_value(schema::Value::Reader message);
RangeMerge read_merge(schema::RangeMerge::Reader message);
schema::Merging to_message(Merging merging);
Stats read_stats(schema::Stats::Reader message);
Events read_events(schema::Admin::EventsResults::Reader message);
VerifyReport read_report(schema::VerifyReport::Reader message);

}  // namespace coppice::client
