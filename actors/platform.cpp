#include "actors/platform.hpp"

#include <thread>

#include <caf/actor_system_config.hpp>

#include "actors/hybrid_clock.hpp"
#include "actors/random_seed.hpp"

namespace coppice::actors {

uint64_t RealPlatform::wall_ms() const { return wall_milliseconds(); }

uint64_t RealPlatform::random_seed() { return actors::random_seed(); }

void RealPlatform::sleep(std::chrono::nanoseconds span) { std::this_thread::sleep_for(span); }

void RealPlatform::prepare(caf::actor_system_config& config, uint32_t threads) {
  // Sharing answers several times sooner than stealing on few cores, and does not poll when idle.
  config.set("scheduler.policy", caf::atom("sharing"));
  config.set("scheduler.max-threads", threads);
}

}  // namespace coppice::actors
