#include "tests/torture/stage.hpp"

namespace coppice::torture {

void Stage::node_is_up(const std::string& address, bool kept_all) {
  const std::lock_guard lock(mutex_);
  node_.address = address;
  ++node_.generation;
  if (!kept_all) node_.lossy = node_.generation;
  node_.disturbances = disturbances_;
  is_up_ = true;
  changed_.notify_all();
}

void Stage::node_is_down() {
  const std::lock_guard lock(mutex_);
  is_up_ = false;
}

Stage::Node Stage::node() const {
  const std::lock_guard lock(mutex_);
  return node_;
}

std::optional<Stage::Node> Stage::wait_for_node() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return is_up_ || ended_; });
  if (ended_) return std::nullopt;
  return node_;
}

void Stage::begin_disturbance() {
  const std::lock_guard lock(mutex_);
  disturbances_ += disturbances_ % 2 == 0 ? 1 : 2;
}

void Stage::end_disturbance() {
  const std::lock_guard lock(mutex_);
  disturbances_ += disturbances_ % 2 == 0 ? 2 : 1;
}

uint64_t Stage::disturbances() const {
  const std::lock_guard lock(mutex_);
  return disturbances_;
}

void Stage::note(Count count) {
  const std::lock_guard lock(mutex_);
  ++counts_[static_cast<size_t>(count)];
  changed_.notify_all();
}

uint64_t Stage::counted(Count count) const {
  const std::lock_guard lock(mutex_);
  return counts_[static_cast<size_t>(count)];
}

bool Stage::wait_for(Count count, uint64_t more, std::chrono::seconds patience,
                     const std::function<bool()>& watch) {
  const auto end = std::chrono::steady_clock::now() + patience;
  std::unique_lock lock(mutex_);
  const uint64_t& counted = counts_[static_cast<size_t>(count)];
  const uint64_t aim = counted + more;
  while (counted < aim && !ended_ && std::chrono::steady_clock::now() < end) {
    lock.unlock();
    const bool go_on = watch();
    lock.lock();
    if (!go_on) break;
    changed_.wait_for(lock, std::chrono::milliseconds(100), [&] { return counted >= aim || ended_; });
  }
  return counted >= aim;
}

void Stage::pause(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, time, [this] { return ended_; });
}

void Stage::end() {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  changed_.notify_all();
}

bool Stage::ended() const {
  const std::lock_guard lock(mutex_);
  return ended_;
}

}  // namespace coppice::torture
