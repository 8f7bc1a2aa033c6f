// A platform on which all of a store runs on one thread, in an order and a time that a seed decides.
#pragma once

#include <algorithm>
#include <map>

#include "actors/platform.hpp"
#include "engine/base/random.hpp"

namespace caf {
class resumable;
}  // namespace caf

namespace coppice::simulation {

/// How long what waits for the disk takes: mostly no time, else anything up to the most.
struct DiskPace {
  /// One in so many is slow; 0: none.
  uint64_t slow_one_in = 0;
  std::chrono::nanoseconds slowest{0};
};

/// Deterministic: the same seed and the same calls give the same steps, and the same trace.
/// Threads: one.
class VirtualPlatform final : public actors::Platform {
public:
  explicit VirtualPlatform(uint64_t seed) : random_(seed), seeds_(engine::mix(seed)) {}

  /// One message is handled by one of the actors that have any, or, if nobody can do anything now, time passes until somebody can.
  /// False: there is nothing to wait for.
  bool step(caf::actor_system& system);
  /// Time passes until the next timer, or until a slow disk is done; others may have something to do meanwhile and not have come
  /// to it.
  bool pass_time(caf::actor_system& system);
  void set_disk_pace(const DiskPace& pace) { pace_ = pace; }
  /// The wall's clock is set; it never stands before 1970.
  void move_wall(int64_t by_ms) {
    latest_wall_ms_ = latest_wall_ms();
    wall_offset_ms_ += by_ms;
  }
  /// The latest that it has ever been.
  uint64_t latest_wall_ms() const { return std::max(latest_wall_ms_, wall_ms()); }
  /// Called in each step of work_until() as well.
  std::function<void()> between_steps;

  uint64_t steps() const { return steps_; }
  /// Stands for all steps until here.
  uint64_t trace() const { return trace_; }
  void note(uint64_t value) { trace_ = engine::mix(trace_ ^ value) + 1; }

  // Platform.
  uint64_t wall_ms() const override;
  Time now() const override { return now_; }
  uint64_t random_seed() override { return seeds_.next(); }
  void sleep(std::chrono::nanoseconds /*span*/) override {}
  void prepare(caf::actor_system_config& config, uint32_t threads) override;
  bool has_threads() const override { return false; }
  void work_until(caf::actor_system& system, const std::function<bool()>& done) override;

private:
  bool run_one(caf::actor_system& system);
  bool may_run(caf::resumable* job);
  void advance(caf::actor_system& system, Time to);

  engine::Random random_;
  engine::Random seeds_;
  DiskPace pace_;
  Time now_{std::chrono::hours(1000)};
  uint64_t latest_wall_ms_ = 0;
  int64_t wall_offset_ms_ = 1'700'000'000'000;
  // Workers that have something to do, and will not have done it before then.
  std::map<caf::resumable*, Time> busy_;
  uint64_t steps_ = 0;
  uint64_t trace_ = 0;
};

}  // namespace coppice::simulation
