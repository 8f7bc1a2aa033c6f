// An event as a line for people, and as JSON.
#pragma once

#include <string>

#include "cluster/client/stats.hpp"

namespace coppice::cluster {

/// "12:00:01.250  shard 3   merge_ended     level 1 to 2, 5 tables, 64.0 MiB read, 3 tables, 48.2 MiB written, 1.2 s".
/// The time is that of the day in UTC.
std::string event_line(const client::Event& event);
/// What is said of the event behind its kind.
std::string event_details(const client::Event& event);
/// All of its fields, on one line.
std::string event_json(const client::Event& event);

}  // namespace coppice::cluster
