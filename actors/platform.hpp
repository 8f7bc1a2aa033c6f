// What a store gets from outside beside files: time, chance, and who does its work.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

namespace caf {
class actor_system;
class actor_system_config;
}  // namespace caf

namespace coppice::actors {

/// There are two: the machine's, and that of a test which does all of a store's work on one thread, in an order of its choice
/// and a time of its own.
///
/// Threads: any, but for prepare().
class Platform {
public:
  using Time = std::chrono::steady_clock::time_point;

  virtual ~Platform() = default;

  /// Milliseconds since 1970; it may stand still or jump.
  virtual uint64_t wall_ms() const = 0;
  virtual Time now() const = 0;
  /// Another number each time.
  virtual uint64_t random_seed() = 0;
  /// Blocks: for so long.
  virtual void sleep(std::chrono::nanoseconds span) = 0;

  /// Says how actors are scheduled, on how many threads. Called before there are any.
  virtual void prepare(caf::actor_system_config& config, uint32_t threads) = 0;
  /// What may wait for the disk gets threads of its own. Else it is scheduled with all other actors.
  virtual bool has_threads() const = 0;
  /// For a thread that is about to wait for what actors do. Returns at once if they do it on threads of their own; otherwise it does
  /// their work until `done` says that nothing is to be waited for any more.
  virtual void work_until(caf::actor_system& system, const std::function<bool()>& done) = 0;
};

/// The machine's.
class RealPlatform final : public Platform {
public:
  uint64_t wall_ms() const override;
  Time now() const override { return std::chrono::steady_clock::now(); }
  uint64_t random_seed() override;
  void sleep(std::chrono::nanoseconds span) override;
  void prepare(caf::actor_system_config& config, uint32_t threads) override;
  bool has_threads() const override { return true; }
  void work_until(caf::actor_system&, const std::function<bool()>&) override {}
};

}  // namespace coppice::actors
