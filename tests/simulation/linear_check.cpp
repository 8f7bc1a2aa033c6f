#include "tests/simulation/linear_check.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "engine/base/random.hpp"

namespace coppice::simulation {
namespace {

constexpr size_t kTriesMax = 200'000;

bool is_operand(const Access& access) { return access.kind >= Access::Kind::add; }

/// A write of which nobody knows must have happened before the first read of it ended, and did not if there is none.
std::vector<Access> without_idle_guesses(std::vector<Access> accesses) {
  std::erase_if(accesses, [](const Access& access) {
    return access.end == kNever && access.kind == Access::Kind::read;
  });
  // What was written may have been seen as a part of something else.
  if (std::ranges::any_of(accesses, is_operand)) return accesses;
  std::unordered_map<uint64_t, uint64_t> first_seen;
  const auto saw = [&](uint64_t value, uint64_t end) {
    const auto [at, is_new] = first_seen.try_emplace(value, end);
    if (!is_new) at->second = std::min(at->second, end);
  };
  for (const Access& access : accesses) {
    if (access.kind == Access::Kind::read) saw(access.value, access.end);
    if (access.kind == Access::Kind::exchange) saw(access.expected, access.end);
  }
  std::vector<Access> kept;
  for (Access access : accesses) {
    // A delete leaves nothing by which it would be known.
    if (access.end == kNever && access.value != kAbsent) {
      const auto seen = first_seen.find(access.value);
      if (seen == first_seen.end()) {
        // It may be what a key without a value had until then.
        if (access.expiry_ms != kNever) kept.push_back(access);
        continue;
      }
      access.end = std::min(seen->second, access.deadline);
    }
    kept.push_back(access);
  }
  return kept;
}

/// What a key has.
struct Held {
  uint64_t value = kAbsent;
  /// From then on it has `later`.
  uint64_t expiry_ms = kNever;
  uint64_t later = kAbsent;

  bool fits(const Access& access, uint64_t found) const {
    if (found == value && access.clock_first_ms < expiry_ms) return true;
    if (expiry_ms == kNever) return false;
    // An exchange asks for a version: that stays where operands came after what has expired.
    const bool is_version = access.kind == Access::Kind::exchange && later != kAbsent;
    return (found == later && access.clock_last_ms >= expiry_ms) || (is_version && found == value);
  }

  void change(const Access& access) {
    value = changed_by(access.kind, value, access.value);
    if (!is_operand(access)) {
      expiry_ms = access.expiry_ms;
      later = kAbsent;
    } else if (expiry_ms != kNever) {
      later = changed_by(access.kind, later, access.value);
    }
  }
};

/// Where a try has come to: what lies before `low` is done but for those that are open, which need not happen.
struct Place {
  size_t low = 0;
  std::vector<size_t> done;
  std::vector<size_t> open;
  Held held;

  uint64_t hash() const {
    uint64_t sum = engine::mix(low) ^ engine::mix(~held.value);
    sum = engine::mix(engine::mix(sum + held.expiry_ms) + held.later);
    for (const size_t index : done) sum = engine::mix(sum + index);
    sum = ~sum;
    for (const size_t index : open) sum = engine::mix(sum + index);
    return sum;
  }
};

class Search {
public:
  explicit Search(std::vector<Access> all) : all_(std::move(all)) {
    std::ranges::sort(all_, {}, &Access::begin);
    tries_.emplace_back();
  }

  Verdict run() {
    while (!tries_.empty()) {
      Place place = std::move(tries_.back());
      tries_.pop_back();
      if (go_on(place)) return Verdict::linearizable;
      if (met_.size() > kTriesMax) return Verdict::undecided;
    }
    return Verdict::impossible;
  }

private:
  bool is_done(const Place& place, size_t index) const {
    return std::ranges::find(place.done, index) != place.done.end();
  }

  /// Moves `low` past what is done, and what need not happen.
  void settle(Place& place) const {
    for (; place.low < all_.size(); ++place.low) {
      const auto at = std::ranges::find(place.done, place.low);
      if (at != place.done.end()) {
        place.done.erase(at);
      } else if (all_[place.low].end == kNever) {
        place.open.push_back(place.low);
      } else {
        return;
      }
    }
  }

  /// What may come next: nothing that had to come before it is left.
  std::vector<size_t> next_of(const Place& place) const {
    std::vector<size_t> next;
    uint64_t bound = kNever;
    for (size_t i = place.low; i < all_.size() && all_[i].begin < bound; ++i) {
      if (is_done(place, i)) continue;
      bound = std::min(bound, all_[i].end);
      next.push_back(i);
    }
    std::erase_if(next, [&](size_t i) { return all_[i].begin > bound; });
    return next;
  }

  /// Whether something that may have happened never does, if this happens now.
  bool ends_hope(const Place& place, size_t index) const {
    const uint64_t now = all_[index].begin;
    const auto is_late = [&](size_t i) { return all_[i].end == kNever && all_[i].deadline < now; };
    if (std::ranges::any_of(place.open, is_late)) return true;
    for (size_t i = place.low; i < index; ++i)
      if (is_late(i) && !is_done(place, i)) return true;
    return false;
  }

  /// It happens now; what had to happen before it began, and need not happen at all, never does.
  void take(Place& place, size_t index) const {
    const uint64_t now = all_[index].begin;
    std::erase_if(place.open, [&](size_t i) { return all_[i].deadline < now; });
    for (size_t i = place.low; i < index; ++i)
      if (all_[i].deadline < now && all_[i].end == kNever && !is_done(place, i)) place.done.push_back(i);
    place.done.push_back(index);
  }

  /// Takes every read that fits, and rules nothing out; then adds a try for each access that may come next. True: nothing is left.
  bool go_on(Place& place) {
    for (;;) {
      settle(place);
      if (place.low == all_.size()) return true;
      const std::vector<size_t> next = next_of(place);
      const auto fits = std::ranges::find_if(next, [&](size_t i) {
        return all_[i].kind == Access::Kind::read && place.held.fits(all_[i], all_[i].value) &&
               !ends_hope(place, i);
      });
      if (fits != next.end()) {
        take(place, *fits);
        continue;
      }
      branch(place, next);
      return false;
    }
  }

  void branch(Place& place, const std::vector<size_t>& next) {
    std::ranges::sort(place.done);
    if (!met_.insert(place.hash()).second) return;
    // The last one added is tried first: what need not have happened last.
    bool is_deleted = false;
    for (size_t i = place.open.size(); i-- > 0;) {
      const size_t index = place.open[i];
      // Of deletes any is as good as another, and the latest can wait for longest.
      if (all_[index].value == kAbsent && std::exchange(is_deleted, true)) continue;
      Place then = place;
      then.open.erase(then.open.begin() + static_cast<std::ptrdiff_t>(i));
      try_with(std::move(then), index);
    }
    for (auto at = next.rbegin(); at != next.rend(); ++at) {
      Place then = place;
      take(then, *at);
      try_with(std::move(then), *at);
    }
  }

  void try_with(Place then, size_t index) {
    const Access& access = all_[index];
    const bool is_read = access.kind == Access::Kind::read;
    if (is_read && !then.held.fits(access, access.value)) return;
    if (access.kind == Access::Kind::exchange && !then.held.fits(access, access.expected)) return;
    if (!is_read) then.held.change(access);
    tries_.push_back(std::move(then));
  }

  std::vector<Access> all_;
  std::vector<Place> tries_;
  std::unordered_set<uint64_t> met_;
};

}  // namespace

uint64_t changed_by(Access::Kind kind, uint64_t value, uint64_t operand) {
  switch (kind) {
    case Access::Kind::read:
      return value;
    case Access::Kind::write:
    case Access::Kind::exchange:
      return operand;
    case Access::Kind::add:
      return value + operand;
    case Access::Kind::max:
      return std::max(value, operand);
    case Access::Kind::append:
      return engine::mix(value + engine::mix(operand));
  }
  return value;
}

Verdict check_linear(std::vector<Access> accesses) {
  return Search(without_idle_guesses(std::move(accesses))).run();
}

}  // namespace coppice::simulation
