#include "actors/event_log.hpp"

#include <algorithm>

namespace coppice::actors {

void EventLog::on_event(const engine::Event& event) {
  StoreEvent kept{.at_ms = clock_.milliseconds(), .event = event};
  {
    const std::lock_guard lock(mutex_);
    kept.sequence = next_++;
    events_.push_back(kept);
    if (events_.size() > count_max_) events_.pop_front();
  }
  if (also_) also_(kept);
}

EventPage EventLog::read(uint64_t since, size_t limit) const {
  since = std::max<uint64_t>(since, 1);
  const std::lock_guard lock(mutex_);
  EventPage page;
  const uint64_t first = next_ - events_.size();
  const uint64_t begin = std::clamp(since, first, next_);
  page.lost = begin > since ? begin - since : 0;
  const auto count = static_cast<size_t>(next_ - begin);
  const auto from = events_.end() - static_cast<std::ptrdiff_t>(count);
  page.events.assign(from, from + static_cast<std::ptrdiff_t>(limit == 0 ? count : std::min(count, limit)));
  page.next = begin + page.events.size();
  return page;
}

}  // namespace coppice::actors
