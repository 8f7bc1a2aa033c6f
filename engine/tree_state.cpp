#include "engine/tree_state.hpp"

#include <algorithm>

#include "engine/base/clock.hpp"
#include "engine/compact/backlog.hpp"
#include "engine/compact/garbage.hpp"
#include "engine/io/file_names.hpp"

namespace coppice::engine {

TreeState::~TreeState() {
  readers->views.publish(nullptr);
  reclaim();
}

uint64_t TreeState::now_ms() const {
  const uint64_t visible_ms = visible().milliseconds();
  return env.clock == nullptr ? visible_ms : std::max(visible_ms, env.clock->milliseconds());
}

ColdRule TreeState::cold_rule() const {
  if (env.cold_directory.empty()) return {};
  const uint64_t now = now_ms();
  return {.on = true, .after_ms = options.cold_after_ms, .now_ms = now, .full = now < cold_full_until_ms};
}

std::string TreeState::path(const std::string& name) const { return join_path(directory, name); }

void TreeState::publish() {
  auto view = std::make_unique<View>();
  view->active = active;
  for (auto memtable = sealed.rbegin(); memtable != sealed.rend(); ++memtable)
    view->sealed.push_back(memtable->memtable);
  view->version = version;
  view->floor = floor;
  view->floor_ms = floor_ms;
  readers->views.publish(std::move(view));
  reclaim();
}

void TreeState::measure() {
  merge_debt =
      std::max(engine::merge_debt(*version, options, merging), garbage_debt(*version, options, merging));
  merge_rate->store(engine::merge_rate(*version, options, sealed.size()), std::memory_order_relaxed);
}

Status TreeState::check_usable() const {
  if (broken)
    return Error{Errc::io_error, directory +
                                     ": an earlier write failed, so nothing is known about the disk: "
                                     "open the tree again to recover"};
  if (closed) return Error{Errc::unavailable, directory + ": the tree is closed"};
  return success();
}

Status TreeState::broken_by(Status status) {
  if (!status.ok() && !std::exchange(broken, true))
    env.watch.tell({.kind = EventKind::broken, .outcome = status});
  return status;
}

Status TreeState::broken_with_log(Status status) {
  return log.broken() ? broken_by(std::move(status)) : status;
}

bool is_full(const Memtable& memtable, const TreeShape& options) {
  constexpr uint32_t kRangeDeletesMax = 256;
  return memtable.size() >= options.memtable_size || memtable.range_delete_count() >= kRangeDeletesMax;
}

}  // namespace coppice::engine
