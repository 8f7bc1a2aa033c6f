// Keeps what happens to a tree or a store, in order.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "engine/watch/event.hpp"

namespace coppice::engine {

/// Threads: any.
class EventRecorder final : public EventListener {
public:
  void on_event(const Event& event) override {
    const std::lock_guard lock(mutex_);
    events_.push_back(event);
  }

  /// Since the last call.
  std::vector<Event> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(events_, {});
  }
  /// The same, each by its name.
  std::vector<std::string> take_names() {
    std::vector<std::string> names;
    for (const Event& event : take()) names.emplace_back(name_of(event.kind));
    return names;
  }

private:
  std::mutex mutex_;
  std::vector<Event> events_;
};

}  // namespace coppice::engine
