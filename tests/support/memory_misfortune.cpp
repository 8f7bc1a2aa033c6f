// What goes wrong in a MemoryFileSystem.
#include <algorithm>

#include "engine/base/random.hpp"
#include "engine/io/file_names.hpp"
#include "tests/support/memory_files.hpp"

namespace coppice::engine {

uint64_t MemoryFileSystem::bytes_read() const {
  const std::lock_guard guard(mutex_);
  return bytes_read_;
}

uint64_t MemoryFileSystem::operation_count() const {
  const std::lock_guard guard(mutex_);
  return operation_count_;
}

void MemoryFileSystem::fail_after(uint64_t after, Errc code) {
  const std::lock_guard guard(mutex_);
  fail_at_ = operation_count_ + after;
  fail_code_ = code;
}

void MemoryFileSystem::stop_after(uint64_t after) {
  const std::lock_guard guard(mutex_);
  stop_at_ = operation_count_ + after;
}

void MemoryFileSystem::fail_after(uint64_t after, std::string part) {
  const std::lock_guard guard(mutex_);
  aim_ = {std::move(part), after, false};
}

void MemoryFileSystem::stop_after(uint64_t after, std::string part) {
  const std::lock_guard guard(mutex_);
  aim_ = {std::move(part), after, true};
}

void MemoryFileSystem::misread_after(uint64_t after, Misread kind, uint64_t choice) {
  const std::lock_guard guard(mutex_);
  misread_ = {after, kind, choice};
}

bool MemoryFileSystem::will_misread() const {
  const std::lock_guard guard(mutex_);
  return misread_.has_value();
}

bool MemoryFileSystem::is_stopped() const {
  const std::lock_guard guard(mutex_);
  return is_stopped_;
}

std::string MemoryFileSystem::last_failure() const {
  const std::lock_guard guard(mutex_);
  return last_failure_;
}

void MemoryFileSystem::set_room(uint64_t bytes) {
  const std::lock_guard guard(mutex_);
  room_ = bytes;
}

void MemoryFileSystem::forget_unwritten() {
  const std::lock_guard guard(mutex_);
  forget_all_unwritten();
}

void MemoryFileSystem::forget_unwritten_after(uint64_t after) {
  const std::lock_guard guard(mutex_);
  forget_at_ = operation_count_ + after;
}

void MemoryFileSystem::forget_all_unwritten() {
  for (const auto& [path, name] : names_) name.node->forget_unwritten();
}

void MemoryFileSystem::vanish_after(uint64_t after, std::string directory) {
  const std::lock_guard guard(mutex_);
  vanish_at_ = operation_count_ + after;
  vanishing_ = std::move(directory);
}

void MemoryFileSystem::heal() {
  const std::lock_guard guard(mutex_);
  fail_at_.reset();
  stop_at_.reset();
  forget_at_.reset();
  vanish_at_.reset();
  aim_.reset();
  misread_.reset();
  is_stopped_ = false;
  room_ = UINT64_MAX;
}

void MemoryFileSystem::crash() { lose_power(std::nullopt); }
void MemoryFileSystem::crash(uint64_t seed) { lose_power(seed); }

void MemoryFileSystem::lose_power(std::optional<uint64_t> seed) {
  heal();
  const std::lock_guard guard(mutex_);
  Random random(seed.value_or(0));
  if (seed) {
    const uint64_t kept = random.below(pending_.size() + 1);
    for (uint64_t i = 0; i < kept; ++i) apply_to(durable_names_, pending_[i]);
  }
  pending_.clear();
  locks_.clear();

  // Links of one file stay links of one file. A name whose directory is lost is lost with it.
  std::map<std::shared_ptr<Node>, std::shared_ptr<Node>> survivors;
  names_.clear();
  for (const auto& [path, name] : durable_names_) {
    const std::string parent = parent_directory(path);
    std::shared_ptr<Node> home;
    if (!is_root(parent)) {
      home = find(parent);
      if (!home || home != survivors[name.home]) continue;
    }
    std::shared_ptr<Node>& survivor = survivors[name.node];
    if (!survivor) {
      survivor = std::make_shared<Node>(*name.node);
      survivor->content = seed ? torn(name.node->content, name.node->durable, random) : name.node->durable;
      survivor->durable = survivor->content;
      survivor->clean.reset();
    }
    names_[path] = {survivor, home};
  }
  durable_names_ = names_;
}

Status MemoryFileSystem::begin_operation(const std::string& path, const char* operation) {
  const uint64_t number = operation_count_++;
  if (forget_at_ == number) forget_all_unwritten();
  if (vanish_at_ == number)
    std::erase_if(names_, [this](const auto& name) {
      return name.first == vanishing_ || name.first.starts_with(vanishing_ + "/");
    });
  if (aim_ && path.find(aim_->part) != std::string::npos) {
    (aim_->stops ? stop_at_ : fail_at_) = number + aim_->after;
    if (!aim_->stops) fail_code_ = Errc::io_error;
    aim_.reset();
  }
  const bool stops = stop_at_ && number >= *stop_at_;
  if (!stops && fail_at_ != number) return success();
  if (!is_stopped_) last_failure_ = path + ": " + operation;
  is_stopped_ = stops;
  if (stops) return failure(Errc::io_error, path, operation, "stopped by the test");
  return failure(fail_code_, path, operation, "made to fail by the test");
}

void MemoryFileSystem::misread_if_due(const std::string& path, uint64_t offset, size_t size, char* target) {
  if (!misread_ || size == 0 || misread_->after-- > 0) return;
  const DueMisread misread = *std::exchange(misread_, std::nullopt);
  if (misread.kind == Misread::flipped_bit) {
    const uint64_t bit = mix(misread.choice) % (size * 8);
    target[bit / 8] = static_cast<char>(target[bit / 8] ^ (1 << (bit % 8)));
    return;
  }
  auto other = names_.find(path);
  for (uint64_t files = 0; files <= misread.choice;) {
    if (++other == names_.end()) other = names_.begin();
    if (!other->second.node->is_directory) ++files;
  }
  const Bytes& content = other->second.node->content;
  std::fill_n(target, size, '\0');
  if (offset < content.size()) content.copy(target, size, static_cast<size_t>(offset));
}

Status MemoryFileSystem::sync(Node& node, const std::string& path) {
  const Status status = begin_operation(path, "sync");
  if (status.ok()) {
    node.sync();
  } else if (!is_stopped_) {
    node.fail_sync();
  }
  return status;
}

size_t MemoryFileSystem::part_written(size_t size) const {
  // Another part each time; nothing once the process is meant to be dead.
  const bool is_dead = stop_at_ && operation_count_ - 1 > *stop_at_;
  return is_dead ? 0 : mix(operation_count_) % (size + 1);
}

}  // namespace coppice::engine
