// The last events of a store, for those who come to ask.
#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <vector>

#include "engine/base/clock.hpp"
#include "engine/watch/event.hpp"

namespace coppice::actors {

struct StoreEvent {
  /// From 1 on, each one more than that before it, as long as the store is open.
  uint64_t sequence = 0;
  /// Milliseconds since 1970.
  uint64_t at_ms = 0;
  /// Of the shard whose id is `event.tree`.
  engine::Event event;
};

struct EventPage {
  /// In their order.
  std::vector<StoreEvent> events;
  /// Events between what was asked for and the first here that are gone, as too many came since.
  uint64_t lost = 0;
  /// What to ask for next: nothing before it comes again.
  uint64_t next = 1;
};

/// Keeps so many; a newer one pushes the oldest out.
/// Threads: any. Waits for no more than a copy of one event.
class EventLog final : public engine::EventListener {
public:
  static constexpr size_t kCountMax = 1024;
  /// Told of each event after it is kept, on the thread that it happened on; see EventListener.
  using Also = std::function<void(const StoreEvent&)>;

  /// Lifetime: `clock` outlives it.
  explicit EventLog(const engine::Clock& clock, Also also = nullptr, size_t count_max = kCountMax)
      : clock_(clock), also_(std::move(also)), count_max_(count_max) {}

  void on_event(const engine::Event& event) override;
  /// Those from sequence number `since` on (0 and 1: from the first), the oldest `limit` of them; 0: all.
  EventPage read(uint64_t since, size_t limit = 0) const;

private:
  const engine::Clock& clock_;
  const Also also_;
  const size_t count_max_;
  mutable std::mutex mutex_;
  std::deque<StoreEvent> events_;
  uint64_t next_ = 1;
};

}  // namespace coppice::actors
