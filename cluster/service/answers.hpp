// The store's answers as messages.
#pragma once

#include <optional>

#include <schema/store.capnp.h>

#include "actors/store.hpp"

namespace coppice::cluster {

void set_value(schema::Value::Builder message, const std::optional<Bytes>& value);

/// In words, of an answer with these values; invalid_argument past actors::kAnswerSizeMax.
Result<uint64_t> answer_words(const std::vector<std::optional<Bytes>>& values);

capnp::MessageSize page_size(const actors::Page& page);
/// `entries` are as many as the page has.
void set_entries(capnp::List<schema::Entry>::Builder entries, const actors::Page& page);

/// But for what the node knows of itself.
void set_merge(schema::RangeMerge::Builder message, const actors::RangeMerge& merge);
void set_stats(schema::Stats::Builder message, const actors::StoreStats& stats);
void set_events(schema::Admin::EventsResults::Builder message, const actors::EventPage& page);
void set_report(schema::VerifyReport::Builder message, const engine::VerifyReport& report);

}  // namespace coppice::cluster
