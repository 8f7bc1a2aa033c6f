// A few threads in every order in which their steps can follow one another: no thread of the machine, no luck.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ucontext.h>

namespace coppice::engine {

/// How much of each thread's past a thread has seen, or an atomic hands on.
class Past {
public:
  static constexpr size_t kThreadsMax = 4;

  void join(const Past& other);
  void advance(size_t thread) { ++steps_[thread]; }
  /// Whether all that `other` has seen is seen here.
  bool covers(const Past& other) const;

private:
  std::array<uint32_t, kThreadsMax> steps_{};
};

/// Runs the threads of a scene again and again, each time in another order, until all orders within the bounds were seen: a depth-first
/// search over who goes on at each step, by running from the start (Godefroid, "Model Checking for Programming
/// Languages using VeriSoft", 1997), where a bound is asked for over orders with few preemptions only (Musuvathi and Qadeer,
/// "Iterative Context Bounding", 2007).
///
/// What is explored uses Explored<U> for std::atomic<U>, and tests put Watched beside what the atomics guard. What an ordering is
/// too weak for is found as a race of Watched, by what happens before what in C++20. Where a bound allows it loads also see
/// older values than the latest: any that coherence lets them see, of the last few. Failed exchanges see the latest.
class Interleavings {
public:
  struct Scene {
    /// At most Past::kThreadsMax.
    std::vector<std::function<void()>> threads;
    /// Runs behind all of them.
    std::function<void()> end;
  };
  struct Bounds {
    /// How often in one order a thread is left that could go on.
    uint32_t preemptions_max = UINT32_MAX;
    /// How often in one order a load sees an older value.
    uint32_t older_max = 0;
  };
  struct Outcome {
    uint64_t orders = 0;
    /// Of the first order that failed, and which that was; empty: none did.
    std::string failure;
  };

  /// `scene` makes everything anew for each order. One exploration at a time.
  static Outcome explore(const std::function<Scene()>& scene, const Bounds& bounds);

  // For what is explored, inside of a thread of a scene. Outside of one they do nothing.

  /// Comes before each access to what threads share.
  static void step();
  /// In a scene's end as well.
  static void fail(const std::string& what);
  /// Of the running thread; nullptr outside of a scene's threads.
  static const Past* past();
  /// Its number; kThreadsMax outside.
  static size_t thread();
  /// What the running thread has seen goes on with `past`; what it does from now on does not.
  static void hand_on(Past& past);
  static void take_over(const Past& past);
  /// The same for what has no such ordering: what came before the thread's last fence, and from its next one on.
  static void hand_on_by_fence(Past& past);
  static void take_over_by_fence(const Past& past);
  /// Of sequential consistency: who fences later knows what came before this one. C++20 promises that of what atomics say
  /// and not of other memory, so no Watched is to rest on it.
  static void fence(std::memory_order order);
  /// Which of so many values a load sees, the latest being 0.
  static size_t age(size_t count);
  /// Blocks until `ready`, which other threads make so.
  static void wait_until(const std::function<bool()>& ready);

private:
  struct Fiber {
    ucontext_t context{};
    std::unique_ptr<char[]> stack;
    std::function<void()> body;
    Past past;
    Past before_fence;
    Past behind_fence;
    bool begun = false;
    bool done = false;
    const std::function<bool()>* ready = nullptr;
  };
  struct Choice {
    size_t chosen = 0;
    size_t options = 0;
  };

  explicit Interleavings(const Bounds& bounds) : bounds_(bounds) {}
  void run(Scene scene);
  void start(size_t fiber, std::function<void()> body);
  bool next_order();
  size_t pick(size_t options);
  /// Whose turn is next; nobody's: all are done.
  std::optional<size_t> choose();
  void go_on();
  bool can_run(size_t fiber) const;
  static void enter();
  static bool in_thread() { return current_ != nullptr && current_->running_; }

  static Interleavings* current_;

  const Bounds bounds_;
  std::array<Fiber, Past::kThreadsMax> fibers_;
  ucontext_t home_{};
  size_t fiber_count_ = 0;
  std::optional<size_t> running_;
  uint32_t preemptions_ = 0;
  uint32_t older_ = 0;
  std::vector<Choice> choices_;
  size_t depth_ = 0;
  Past fenced_;
  std::string turns_;
  std::string failure_;
};

/// In the place of a std::atomic, while its threads are explored.
template <class U>
class Explored {
public:
  Explored() = default;
  explicit(false) Explored(U value) { stores_[0].value = value; }
  Explored(const Explored&) = delete;
  Explored& operator=(const Explored&) = delete;

  U load(std::memory_order order) const {
    Interleavings::step();
    const size_t thread = Interleavings::thread();
    size_t count = 1;
    // Not what comes before a store that the thread knows, nor before one that it has seen.
    if (thread < Past::kThreadsMax && order != std::memory_order_seq_cst)
      while (count < count_ && !Interleavings::past()->covers(stores_[count - 1].by) &&
             number_ - count >= seen_[thread])
        ++count;
    const size_t age = Interleavings::age(count);
    if (thread < Past::kThreadsMax) seen_[thread] = number_ - age;
    take_over(order, stores_[age].handed_on);
    return stores_[age].value;
  }
  void store(U value, std::memory_order order) {
    Interleavings::step();
    // A store begins a release sequence, or ends the one before.
    add(value, {}, order);
  }
  U exchange(U value, std::memory_order order) {
    return change(order, [value](U) { return value; });
  }
  U fetch_add(U value, std::memory_order order) {
    return change(order, [value](U before) { return before + value; });
  }
  U fetch_sub(U value, std::memory_order order) {
    return change(order, [value](U before) { return before - value; });
  }
  U fetch_or(U value, std::memory_order order) {
    return change(order, [value](U before) { return before | value; });
  }
  bool compare_exchange_strong(U& expected, U desired, std::memory_order done, std::memory_order failed) {
    Interleavings::step();
    if (stores_[0].value != expected) {
      note_seen();
      take_over(failed, stores_[0].handed_on);
      expected = stores_[0].value;
      return false;
    }
    take_over(done, stores_[0].handed_on);
    add(desired, stores_[0].handed_on, done);
    return true;
  }
  bool compare_exchange_weak(U& expected, U desired, std::memory_order done, std::memory_order failed) {
    return compare_exchange_strong(expected, desired, done, failed);
  }

private:
  static constexpr size_t kKept = 3;
  struct Store {
    U value{};
    /// Of the thread that stored it, then.
    Past by;
    Past handed_on;
  };

  template <class Change>
  U change(std::memory_order order, const Change& to) {
    Interleavings::step();
    take_over(order, stores_[0].handed_on);
    const U before = stores_[0].value;
    add(to(before), stores_[0].handed_on, order);
    return before;
  }
  void add(U value, Past handed_on, std::memory_order order) {
    for (size_t age = kKept; --age > 0;) stores_[age] = stores_[age - 1];
    count_ = std::min(count_ + 1, kKept);
    ++number_;
    note_seen();
    stores_[0] = {value, {}, handed_on};
    if (const Past* const own = Interleavings::past()) stores_[0].by = *own;
    if (order == std::memory_order_relaxed || order == std::memory_order_acquire) {
      Interleavings::hand_on_by_fence(stores_[0].handed_on);
    } else {
      Interleavings::hand_on(stores_[0].handed_on);
    }
  }
  void note_seen() {
    if (const size_t thread = Interleavings::thread(); thread < Past::kThreadsMax) seen_[thread] = number_;
  }
  static void take_over(std::memory_order order, const Past& past) {
    if (order == std::memory_order_relaxed || order == std::memory_order_release) {
      Interleavings::take_over_by_fence(past);
    } else {
      Interleavings::take_over(past);
    }
  }

  /// The latest first, of which there are count_, the latest being number_.
  std::array<Store, kKept> stores_;
  size_t count_ = 1;
  uint64_t number_ = 0;
  /// By thread, the last one that it saw.
  mutable std::array<uint64_t, Past::kThreadsMax> seen_{};
};

/// Stands for memory that no atomic is: two accesses of which one is a write must happen one before the other.
class Watched {
public:
  explicit Watched(const char* name) : name_(name) {}
  void read();
  void write();
  /// Whether the running thread cannot miss what was written last: what another wrote, and nothing made known, it may miss.
  bool is_known() const;

private:
  void check(const Past& earlier, const char* access) const;

  const char* const name_;
  Past written_;
  Past read_;
};

/// In the place of a U that no atomic is. Needs no destructor, so that it may lie in an arena.
template <class U>
class WatchedValue {
public:
  explicit(false) WatchedValue(U value) : value_(value) { memory_.write(); }
  explicit(false) operator U() const {
    memory_.read();
    return value_;
  }

private:
  U value_;
  mutable Watched memory_{"a value"};
};

/// What one thread waits for and another brings about, as an actor does for a message.
class Signal {
public:
  void set();
  /// Blocks until it is set, and takes it back.
  void wait();

private:
  bool is_set_ = false;
  Past handed_on_;
};

}  // namespace coppice::engine
