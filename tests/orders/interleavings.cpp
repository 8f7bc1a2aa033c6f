#include "tests/orders/interleavings.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace coppice::engine {
namespace {

constexpr size_t kStackSize = 128 << 10;

}  // namespace

Interleavings* Interleavings::current_ = nullptr;

void Past::join(const Past& other) {
  for (size_t thread = 0; thread < kThreadsMax; ++thread)
    steps_[thread] = std::max(steps_[thread], other.steps_[thread]);
}

bool Past::covers(const Past& other) const {
  return std::ranges::equal(steps_, other.steps_, std::greater_equal<>());
}

Interleavings::Outcome Interleavings::explore(const std::function<Scene()>& scene, const Bounds& bounds) {
  Interleavings all(bounds);
  Outcome outcome;
  do {
    all.run(scene());
    ++outcome.orders;
  } while (all.failure_.empty() && all.next_order());
  outcome.failure = std::move(all.failure_);
  return outcome;
}

void Interleavings::run(Scene scene) {
  depth_ = 0;
  fenced_ = {};
  preemptions_ = 0;
  older_ = 0;
  turns_.clear();
  fiber_count_ = scene.threads.size();
  for (size_t fiber = 0; fiber < fiber_count_; ++fiber) start(fiber, std::move(scene.threads[fiber]));
  current_ = this;
  running_ = choose();
  ::swapcontext(&home_, &fibers_[*running_].context);
  running_.reset();
  scene.end();
  current_ = nullptr;
}

void Interleavings::start(size_t index, std::function<void()> body) {
  Fiber& fiber = fibers_[index];
  fiber.body = std::move(body);
  fiber.past = {};
  fiber.past.advance(index);
  fiber.before_fence = {};
  fiber.behind_fence = {};
  fiber.begun = false;
  fiber.done = false;
  if (fiber.stack == nullptr) fiber.stack = std::make_unique<char[]>(kStackSize);
  ::getcontext(&fiber.context);
  fiber.context.uc_stack.ss_sp = fiber.stack.get();
  fiber.context.uc_stack.ss_size = kStackSize;
  fiber.context.uc_link = nullptr;
  ::makecontext(&fiber.context, &Interleavings::enter, 0);
}

void Interleavings::enter() {
  Interleavings& all = *current_;
  Fiber& own = all.fibers_[*all.running_];
  own.body();
  own.body = nullptr;
  own.done = true;
  all.running_ = all.choose();
  ::setcontext(all.running_ ? &all.fibers_[*all.running_].context : &all.home_);
}

/// The last choice that leaves another one takes it.
bool Interleavings::next_order() {
  while (!choices_.empty() && choices_.back().chosen + 1 == choices_.back().options) choices_.pop_back();
  if (choices_.empty()) return false;
  ++choices_.back().chosen;
  return true;
}

bool Interleavings::can_run(size_t fiber) const {
  const Fiber& asked = fibers_[fiber];
  return !asked.done && (asked.ready == nullptr || (*asked.ready)());
}

std::optional<size_t> Interleavings::choose() {
  std::array<size_t, Past::kThreadsMax> options{};
  size_t count = 0;
  const bool may_go_on = running_ && can_run(*running_);
  if (may_go_on) options[count++] = *running_;
  if (!may_go_on || preemptions_ < bounds_.preemptions_max)
    for (size_t fiber = 0; fiber < fiber_count_; ++fiber)
      if (fiber != running_ && can_run(fiber)) options[count++] = fiber;
  if (count == 0) {
    if (std::all_of(fibers_.begin(), fibers_.begin() + static_cast<std::ptrdiff_t>(fiber_count_),
                    [](const Fiber& fiber) { return fiber.done; }))
      return std::nullopt;
    // There is no way back out of threads that wait.
    std::fprintf(stderr, "every thread waits, in the order %s\n", turns_.c_str());
    std::abort();
  }
  const size_t chosen = pick(count);
  if (may_go_on && chosen != 0) ++preemptions_;
  turns_ += static_cast<char>('0' + options[chosen]);
  return options[chosen];
}

size_t Interleavings::pick(size_t options) {
  if (options == 1) return 0;
  if (depth_ == choices_.size()) choices_.push_back({.chosen = 0, .options = options});
  return choices_[depth_++].chosen;
}

void Interleavings::go_on() {
  const size_t own = *running_;
  const size_t next = *choose();
  if (next == own) return;
  running_ = next;
  ::swapcontext(&fibers_[own].context, &fibers_[next].context);
}

void Interleavings::step() {
  if (!in_thread()) return;
  // To whom the first one goes was chosen when the thread began.
  if (std::exchange(current_->fibers_[*current_->running_].begun, true)) current_->go_on();
}

void Interleavings::fail(const std::string& what) {
  if (current_ != nullptr && current_->failure_.empty())
    current_->failure_ = what + ", in the order " + current_->turns_;
}

const Past* Interleavings::past() {
  return !in_thread() ? nullptr : &current_->fibers_[*current_->running_].past;
}

size_t Interleavings::thread() { return in_thread() ? *current_->running_ : Past::kThreadsMax; }

size_t Interleavings::age(size_t count) {
  if (!in_thread() || current_->older_ == current_->bounds_.older_max) return 0;
  const size_t age = current_->pick(count);
  if (age > 0) {
    ++current_->older_;
    current_->turns_ += '-';
  }
  return age;
}

void Interleavings::hand_on(Past& past) {
  if (!in_thread()) return;
  Past& own = current_->fibers_[*current_->running_].past;
  past.join(own);
  own.advance(*current_->running_);
}

void Interleavings::take_over(const Past& past) {
  if (in_thread()) current_->fibers_[*current_->running_].past.join(past);
}

void Interleavings::hand_on_by_fence(Past& past) {
  if (in_thread()) past.join(current_->fibers_[*current_->running_].before_fence);
}

void Interleavings::take_over_by_fence(const Past& past) {
  if (in_thread()) current_->fibers_[*current_->running_].behind_fence.join(past);
}

void Interleavings::fence(std::memory_order order) {
  step();
  if (!in_thread()) return;
  Fiber& own = current_->fibers_[*current_->running_];
  if (order != std::memory_order_release) take_over(own.behind_fence);
  if (order == std::memory_order_seq_cst) {
    take_over(current_->fenced_);
    hand_on(current_->fenced_);
  }
  if (order != std::memory_order_acquire) hand_on(own.before_fence);
}

void Interleavings::wait_until(const std::function<bool()>& ready) {
  if (!in_thread()) return;
  Fiber& own = current_->fibers_[*current_->running_];
  own.ready = &ready;
  current_->go_on();
  own.ready = nullptr;
}

void Watched::read() {
  const Past* const past = Interleavings::past();
  if (past == nullptr) return;
  check(written_, "read");
  read_.join(*past);
}

void Watched::write() {
  const Past* const past = Interleavings::past();
  if (past == nullptr) return;
  check(written_, "written");
  check(read_, "written");
  written_.join(*past);
}

bool Watched::is_known() const {
  const Past* const past = Interleavings::past();
  return past == nullptr || past->covers(written_);
}

void Watched::check(const Past& earlier, const char* access) const {
  if (!Interleavings::past()->covers(earlier))
    Interleavings::fail(std::string(name_) + " is " + access +
                        " without knowing what another thread did with it");
}

void Signal::set() {
  Interleavings::step();
  is_set_ = true;
  Interleavings::hand_on(handed_on_);
}

void Signal::wait() {
  Interleavings::wait_until([this] { return is_set_; });
  is_set_ = false;
  Interleavings::take_over(handed_on_);
}

}  // namespace coppice::engine
