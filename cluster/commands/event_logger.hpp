// A store's events in the log of its node.
#pragma once

#include <memory>

#include "actors/event_log.hpp"

namespace spdlog {
class logger;
}

namespace coppice::cluster {

/// To be told of every event. What needs a person is a warning or an error, what happens rarely is said at info, and every
/// flush and merge at debug. They are written by a thread of their own, so that nobody waits for who reads the log; of more
/// than it keeps up with the oldest go unlogged.
actors::EventLog::Also log_events(const std::shared_ptr<spdlog::logger>& logger);

}  // namespace coppice::cluster
