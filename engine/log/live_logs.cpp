#include "engine/log/live_logs.hpp"

#include <algorithm>

namespace coppice::engine {

void LiveLogs::begin(uint64_t number, uint64_t key_id) {
  COPPICE_CHECK(logs_.empty() || number > logs_.rbegin()->first);
  logs_.emplace(number, Log{.key_id = key_id, .newest = {}});
}

void LiveLogs::note(Timestamp commit) { logs_.rbegin()->second.newest = commit; }

void LiveLogs::note_spanning(Timestamp commit) {
  unsettled_.emplace(commit, Spanning{current(), std::nullopt});
}

void LiveLogs::set_size(uint64_t size) { logs_.rbegin()->second.size = size; }

void LiveLogs::note_recovered(RecoveredSpanning batch) {
  const Timestamp commit = batch.commit;
  unsettled_.emplace(commit, Spanning{current(), std::move(batch)});
}

void LiveLogs::settle(Timestamp commit) { COPPICE_CHECK(unsettled_.erase(commit) == 1); }

std::vector<RecoveredSpanning> LiveLogs::recovered() const {
  std::vector<RecoveredSpanning> found;
  for (const auto& [commit, spanning] : unsettled_)
    if (spanning.recovered) found.push_back(*spanning.recovered);
  return found;
}

uint64_t LiveLogs::current() const {
  COPPICE_CHECK(!logs_.empty());
  return logs_.rbegin()->first;
}

std::vector<uint64_t> LiveLogs::key_ids() const {
  std::vector<uint64_t> ids;
  for (const auto& [number, log] : logs_) ids.push_back(log.key_id);
  return ids;
}

uint64_t LiveLogs::size() const {
  uint64_t size = 0;
  for (const auto& [number, log] : logs_) size += log.size;
  return size;
}

std::vector<uint64_t> LiveLogs::retirable(Timestamp flushed) const {
  const auto holds_unsettled = [&](uint64_t number) {
    return std::ranges::any_of(unsettled_, [&](const auto& item) { return item.second.log == number; });
  };
  std::vector<uint64_t> retirable;
  for (const auto& [number, log] : logs_)
    if (number != current() && log.newest <= flushed && !holds_unsettled(number)) retirable.push_back(number);
  return retirable;
}

void LiveLogs::retire(const std::vector<uint64_t>& logs) {
  for (const uint64_t number : logs) logs_.erase(number);
}

}  // namespace coppice::engine
