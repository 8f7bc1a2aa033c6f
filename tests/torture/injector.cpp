#include "tests/torture/injector.hpp"

#include <algorithm>
#include <array>

#include "tests/support/sanitized.hpp"
#include "tests/torture/refusals.hpp"

namespace coppice::torture {
namespace {

/// Reached only when something is wrong.
constexpr std::chrono::seconds kPatience{120};
/// How long a disturbance lasts when the clients do not come far enough meanwhile.
constexpr std::chrono::seconds kDisturbedMax{20};
constexpr size_t kStalledMax = 8;
/// Beside --memory and what the empty node takes: tables under construction, requests and answers under way, and what the
/// allocator has not given back.
constexpr uint64_t kMemoryAllowance = 64 << 20;

std::string end_of(const std::string& text) {
  constexpr size_t kMost = 2'000;
  return text.size() <= kMost ? text : "... " + text.substr(text.size() - kMost);
}

}  // namespace

enum class Injector::Kind : uint8_t {
  kill,
  kill_recoveries,
  stop,
  freeze,
  freeze_and_kill,
  fill_disk,
  fill_disk_and_kill,
  limit_files,
  limit_files_and_kill,
  vanish,
  vanish_and_kill,
  stall_clients,
  end,
};

Injector::Injector(Stage& stage, Place& place, Node& node, const Settings& settings, const Pace& pace,
                   uint64_t seed)
    : stage_(stage), place_(place), node_(node), settings_(settings), pace_(pace), draw_(seed, "injector") {
  if (!place.has_disk()) stage.report().skipped("full disks", place.problem());
  if (COPPICE_SANITIZED)
    stage.report().skipped(
        "limits on open files",
        "a sanitizer opens a pipe to look at memory, and where it cannot takes it for damaged");
}

void Injector::run(size_t count) {
  std::array<Kind, static_cast<size_t>(Kind::end)> kinds{};
  for (size_t i = 0; i < kinds.size(); ++i) kinds[i] = static_cast<Kind>(i);
  for (size_t i = 0; i < count && !stage_.ended() && !stage_.report().failed(); ++i) {
    const size_t place = i % kinds.size();
    if (place == 0)
      for (size_t left = kinds.size(); left > 1; --left) std::swap(kinds[left - 1], kinds[draw_.below(left)]);
    if (!stage_.wait_for(Count::acknowledged, draw_.between(1, pace_.writes), kPatience,
                         [this] { return watch(); }) &&
        !stage_.report().failed())
      stage_.report().violation("nothing stands in its way, and the node acknowledges no writes: " +
                                node_.errors());
    inject(kinds[place]);
  }
}

void Injector::inject(Kind kind) {
  switch (kind) {
    case Kind::kill:
      return kill();
    case Kind::kill_recoveries:
      return kill_recoveries();
    case Kind::stop:
      return stop();
    case Kind::freeze:
    case Kind::freeze_and_kill:
      return freeze(kind == Kind::freeze_and_kill);
    case Kind::fill_disk:
    case Kind::fill_disk_and_kill:
      return fill_disk(kind == Kind::fill_disk_and_kill);
    case Kind::limit_files:
    case Kind::limit_files_and_kill:
      return limit_files(kind == Kind::limit_files_and_kill);
    case Kind::vanish:
    case Kind::vanish_and_kill:
      return vanish(kind == Kind::vanish_and_kill);
    case Kind::stall_clients:
      return stall_clients();
    case Kind::end:
      return;
  }
}

bool Injector::start(bool kept_all) {
  if (!node_.start()) {
    stage_.report().violation("the node does not start: " + end_of(node_.errors()));
    stage_.end();
    return false;
  }
  if (memory_at_start_ == 0) memory_at_start_ = node_.memory();
  stage_.node_is_up(node_.address(), kept_all);
  stage_.report().count(Report::Part::done, "starts of the node");
  return true;
}

void Injector::check_memory() {
  const uint64_t taken = node_.memory();
  if (taken == 0 || memory_at_start_ == 0) return;
  stage_.report().peak("anonymous memory of the node, bytes", taken);
  stage_.report().peak(
      "of that beyond --memory and an empty node's, bytes",
      taken > settings_.memory + memory_at_start_ ? taken - settings_.memory - memory_at_start_ : 0);
  // A sanitizer's own memory is no matter of the program.
  if (COPPICE_SANITIZED) return;
  stage_.report().count(Report::Part::checked, "memory of the node");
  if (taken > settings_.memory + memory_at_start_ + kMemoryAllowance)
    stage_.report().violation("the node takes " + std::to_string(taken) + " bytes of memory; --memory is " +
                              std::to_string(settings_.memory) + ", an empty node took " +
                              std::to_string(memory_at_start_) + ", and " + std::to_string(kMemoryAllowance) +
                              " are allowed beside");
}

bool Injector::watch() {
  check_memory();
  if (node_.is_alive() && !stage_.report().failed()) return true;
  if (!stage_.report().failed())
    stage_.report().violation("the node has ended by itself: " + end_of(node_.errors()));
  stage_.end();
  return false;
}

void Injector::expect_service(const char* after) {
  // From every client about; some may have nothing but batches whose outcome they do not know.
  const bool serves = stage_.wait_for(Count::everywhere, 3, kPatience, [this] { return watch(); });
  stage_.report().count(Report::Part::checked, "service on all shards after an injection");
  if (serves || stage_.report().failed()) return;
  stage_.report().violation(std::string("after ") + after +
                            " not all shards serve again: " + end_of(node_.errors()));
  stage_.end();
}

void Injector::let_it_last() {
  (void)stage_.wait_for(Count::calls, draw_.between(1, pace_.calls), kDisturbedMax,
                        [this] { return watch(); });
}

void Injector::kill() {
  count("kill -9");
  stage_.node_is_down();
  node_.kill();
  if (start(false)) expect_service("kill -9");
}

void Injector::kill_recoveries() {
  stage_.node_is_down();
  node_.kill();
  for (size_t left = draw_.between(1, 4); left > 0; --left) {
    count("kill -9 during recovery");
    (void)node_.start_and_kill(draw_.one_in(2));
  }
  if (start(false)) expect_service("kill -9 during recovery");
}

void Injector::stop() {
  count("clean stops");
  stage_.node_is_down();
  const auto code = node_.stop();
  if (code != 0)
    stage_.report().violation("SIGTERM ends the node with " + (code ? std::to_string(*code) : "nothing") +
                              ": " + end_of(node_.errors()));
  if (start(code == 0)) expect_service("a clean stop");
}

void Injector::freeze(bool then_kill) {
  count(then_kill ? "SIGSTOP, then kill -9" : "SIGSTOP and SIGCONT");
  node_.freeze();
  // Who has patience waits; who has none goes away.
  (void)stage_.wait_for(Count::timeouts, draw_.between(1, 3), kDisturbedMax, [this] { return watch(); });
  if (then_kill) {
    stage_.node_is_down();
    node_.kill();
    if (!start(false)) return;
  } else {
    node_.thaw();
  }
  expect_service("SIGSTOP");
}

void Injector::fill_disk(bool then_kill) {
  if (!place_.has_disk()) return kill();
  count(then_kill ? "full disks, with kill -9" : "full disks");
  stage_.begin_disturbance();
  place_.fill(draw_.one_in(2) ? 0 : draw_.between(0, 256 << 10));
  let_it_last();
  if (!then_kill) {
    place_.make_room();
    stage_.end_disturbance();
    return expect_service("a full disk");
  }
  stage_.node_is_down();
  node_.kill();
  // It may come up or refuse to, but not without a reason; and it must not make things worse.
  if (node_.start()) {
    stage_.node_is_up(node_.address(), false);
    count("starts on a full disk");
    let_it_last();
    place_.make_room();
  } else {
    if (const auto reason = start_refusal_of(node_.errors()))
      stage_.report().count(Report::Part::refused, "a start: " + *reason);
    else
      stage_.report().violation("the node does not start on a full disk, and does not say why: " +
                                end_of(node_.errors()));
    place_.make_room();
    if (!start(false)) return;
  }
  stage_.end_disturbance();
  expect_service("a full disk");
}

void Injector::limit_files(bool then_kill) {
  if (COPPICE_SANITIZED) return kill();
  count(then_kill ? "limits on open files, with kill -9" : "limits on open files");
  stage_.begin_disturbance();
  const int64_t more = draw_.one_in(2) ? static_cast<int64_t>(draw_.between(0, 12))
                                       : -static_cast<int64_t>(draw_.between(1, 20));
  stage_.report().peak("open files of the node", node_.limit_files(more));
  let_it_last();
  if (then_kill) {
    stage_.node_is_down();
    node_.kill();
    stage_.end_disturbance();
    if (!start(false)) return;
  } else {
    node_.unlimit_files();
    stage_.end_disturbance();
  }
  expect_service("a limit on open files");
}

void Injector::vanish(bool then_kill) {
  count(then_kill ? "data directories that vanish, with kill -9" : "data directories that vanish");
  stage_.begin_disturbance();
  place_.vanish();
  let_it_last();
  if (then_kill) {
    stage_.node_is_down();
    node_.kill();
  }
  std::string in_the_way;
  if (!place_.come_back(in_the_way))
    stage_.report().violation("the node made anew what had vanished: " + in_the_way);
  stage_.end_disturbance();
  if (then_kill && !start(false)) return;
  expect_service("the data directory came back");
}

void Injector::stall_clients() {
  for (size_t left = draw_.between(1, 4); left > 0; --left) {
    const auto stall = static_cast<Stall>(draw_.below(kStallCount));
    count(stall_name(stall));
    stalled_.push_back(std::make_unique<StalledClient>(stall, node_.address(), draw_.between(400, 40'000)));
  }
  // Others are served meanwhile.
  expect_service("clients stalled");
  while (stalled_.size() > kStalledMax || (!stalled_.empty() && draw_.one_in(2))) {
    if (stalled_.front()->was_shown_the_door())
      stage_.report().count(Report::Part::checked, "silent clients that were shown the door");
    stalled_.pop_front();
  }
}

}  // namespace coppice::torture
