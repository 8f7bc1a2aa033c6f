// What a node says of itself, for people and for programs.
#pragma once

#include <string>

#include "cluster/client/stats.hpp"

namespace coppice::cluster {

/// "serving".
const char* name_of(client::ShardStats::State state);

const char* name_of(client::Merging merging);
/// As the engine names it in errors; "none" for 0.
std::string key_text(uint64_t key_id);

/// Tables: shards, reads, levels that hold something, value files, latencies, and what writes waited for.
std::string stats_text(const client::Stats& stats);
/// All there is, on one line.
std::string stats_json(const client::Stats& stats);

}  // namespace coppice::cluster
