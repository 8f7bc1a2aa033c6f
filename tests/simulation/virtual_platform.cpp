#include "tests/simulation/virtual_platform.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scheduled_actor.hpp>
#include <caf/scheduler/test_coordinator.hpp>

#include "schema/check.hpp"

namespace coppice::simulation {
namespace {

/// Whoever waits for longer waits for what never comes.
constexpr uint64_t kStepsMax = 2'000'000;

using Coordinator = caf::scheduler::test_coordinator;

Coordinator& coordinator_of(caf::actor_system& system) {
  return dynamic_cast<Coordinator&>(system.scheduler());
}

/// All actors of a store have a name but those.
bool is_worker(caf::resumable* job) {
  const auto* actor = dynamic_cast<caf::scheduled_actor*>(job);
  return actor != nullptr && !std::string_view(actor->name()).starts_with("coppice.");
}

}  // namespace

uint64_t VirtualPlatform::wall_ms() const {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now_.time_since_epoch()).count();
  return static_cast<uint64_t>(std::max<int64_t>(1, wall_offset_ms_ + ms));
}

void VirtualPlatform::prepare(caf::actor_system_config& config, uint32_t /*threads*/) {
  config.set("scheduler.policy", caf::atom("testing"));
  busy_.clear();
}

bool VirtualPlatform::step(caf::actor_system& system) {
  ++steps_;
  return run_one(system) || pass_time(system);
}

/// Whether a job's time has come; a worker's is drawn when it is met for the first time.
bool VirtualPlatform::may_run(caf::resumable* job) {
  if (const auto busy = busy_.find(job); busy != busy_.end()) {
    if (busy->second > now_) return false;
    busy_.erase(busy);
    return true;
  }
  if (pace_.slow_one_in == 0 || !is_worker(job) || !random_.one_in(pace_.slow_one_in)) return true;
  const auto span = random_.below(static_cast<uint64_t>(pace_.slowest.count()) + 1) >> random_.below(20);
  busy_[job] = now_ + std::chrono::nanoseconds(span);
  return false;
}

bool VirtualPlatform::run_one(caf::actor_system& system) {
  Coordinator& coordinator = coordinator_of(system);
  advance(system, now_ + std::chrono::nanoseconds(random_.below(20'000)));
  const size_t count = coordinator.jobs.size();
  if (count == 0) return false;
  const size_t first = random_.below(count);
  for (size_t i = 0; i < count; ++i) {
    const size_t index = (first + i) % count;
    if (!may_run(coordinator.jobs[index])) continue;
    const auto job = coordinator.jobs.begin() + static_cast<std::ptrdiff_t>(index);
    std::rotate(coordinator.jobs.begin(), job, job + 1);
    note(index << 32 | count);
    coordinator.run_once();
    return true;
  }
  return false;
}

bool VirtualPlatform::pass_time(caf::actor_system& system) {
  std::optional<Time> next;
  for (const auto& [job, until] : busy_)
    if (until > now_ && (!next || until < *next)) next = until;
  const auto& timers = coordinator_of(system).clock().schedule();
  if (!timers.empty() && (!next || timers.begin()->first < *next)) next = timers.begin()->first;
  if (!next) return !busy_.empty();
  advance(system, std::max(now_, *next));
  return true;
}

void VirtualPlatform::advance(caf::actor_system& system, Time to) {
  auto& clock = coordinator_of(system).clock();
  if (clock.current_time < to) clock.advance_time(to - clock.current_time);
  now_ = to;
  note(static_cast<uint64_t>(now_.time_since_epoch().count()));
}

void VirtualPlatform::work_until(caf::actor_system& system, const std::function<bool()>& done) {
  const uint64_t last = steps_ + kStepsMax;
  while (!done()) {
    const bool worked = step(system);
    COPPICE_CHECK(worked);
    COPPICE_CHECK(steps_ < last);
    if (between_steps) between_steps();
  }
}

}  // namespace coppice::simulation
