// How a store sets CAF up.
#pragma once

#include <caf/actor_system_config.hpp>

namespace coppice::actors {

struct SystemConfig : caf::actor_system_config {
  explicit SystemConfig(uint32_t threads) {
    // Sharing answers several times sooner than stealing on few cores, and does not poll when idle.
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", threads);
  }
};

}  // namespace coppice::actors
