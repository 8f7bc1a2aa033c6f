#include "tests/simulation/history.hpp"

#include <algorithm>
#include <charconv>

#include "engine/base/random.hpp"
#include "schema/operators.hpp"

namespace coppice::simulation {
namespace {

std::string say_value(uint64_t value) { return value == kAbsent ? "nothing" : std::to_string(value); }

}  // namespace

uint64_t History::new_operand() { return engine::mix(new_value()) >> 24; }

void History::add(size_t key, const Access& access) {
  ++access_count_;
  accesses_[key].push_back(access);
}

void History::add_read(size_t key, uint64_t value, const Moments& moments) {
  add(key, {Access::Kind::read, value, moments.begin, moments.end, 0, kNever, kNever, moments.clock_first_ms,
            moments.clock_last_ms});
  uint64_t& last = last_read_[key];
  if (value == kAbsent && has_expired(last, moments.clock_last_ms)) ++expired_between_reads_;
  last = value;
}

bool History::has_expired(uint64_t value, uint64_t clock_ms) const {
  const auto expiry = expiries_.find(value);
  return expiry != expiries_.end() && expiry->second <= clock_ms;
}

void History::add_view(const View& view, const Moments& moments) {
  for (const auto& [key, value] : view) add_read(key, value, moments);
  suspect(view);
}

void History::suspect(const View& view) {
  // Whether one of its values was to be ingested, and is there by halves, may be known later.
  if (std::string half = half_seen(view); !half.empty())
    suspects_.push_back({view, half + " (moment " + std::to_string(now_) + ")"});
}

void History::accuse(std::string what) {
  if (accusation_.empty()) accusation_ = std::move(what) + " (moment " + std::to_string(now_) + ")";
}

std::string History::verdict() {
  for (const auto& [view, text] : suspects_)
    if (!half_seen(view).empty()) accuse(text);
  lose_power();
  check_keys(plan_.loose_keys);
  check_keys(plan_.operand_keys);
  for (const Group& group : plan_.groups) check_keys(group.keys);
  return accusation_;
}

void History::check_keys(const std::vector<size_t>& keys) {
  for (const size_t key : keys)
    if (accusation_.empty() && check_linear(accesses_of(key)) == Verdict::impossible) accuse(say(key));
}

std::vector<Access> History::accesses_of(size_t key) const {
  std::vector<Access> all = accesses_[key];
  for (Access& access : all) {
    if (access.end != kNever) continue;
    const auto end = std::ranges::upper_bound(life_ends_, access.begin);
    if (end != life_ends_.end()) access.deadline = *end;
  }
  return all;
}

void History::lose_power() {
  for (const size_t key : plan_.soft_keys) begin_with_what_was_kept(key);
  check_keys(plan_.soft_keys);
  for (const size_t key : plan_.soft_keys) {
    for (const Access& access : accesses_[key])
      if (access.kind != Access::Kind::read) kept_[key].insert(access.value);
    accesses_[key].clear();
  }
}

/// What was read and not written since was there since the last power loss: one value, and one that was written before.
void History::begin_with_what_was_kept(size_t key) {
  std::set<uint64_t>& kept = kept_.try_emplace(key, std::set<uint64_t>{kAbsent}).first->second;
  std::vector<Access>& all = accesses_[key];
  const auto is_from_before = [&](const Access& access) {
    return access.kind == Access::Kind::read && std::ranges::none_of(all, [&](const Access& other) {
             return other.kind != Access::Kind::read && other.value == access.value;
           });
  };
  const auto found = std::ranges::find_if(all, is_from_before);
  if (found == all.end()) return;
  const uint64_t value = found->value;
  if (!kept.contains(value))
    return accuse(plan_.keys[key] + " has a value that it cannot have: " + say_value(value));
  kept = {value};
  // All moments come later.
  all.push_back({Access::Kind::write, value, 0, 0, 0});
}

/// The shortest beginning that cannot be, and its end.
std::string History::say(size_t key) const {
  std::vector<Access> all = accesses_of(key);
  std::ranges::sort(all, {},
                    [](const Access& access) { return access.end == kNever ? access.begin : access.end; });
  size_t good = 0;
  size_t bad = all.size();
  while (bad - good > 1) {
    const size_t middle = good + (bad - good) / 2;
    std::vector<Access> part(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(middle));
    // What had begun may have been seen.
    for (size_t i = middle; i < all.size(); ++i)
      if (all[i].begin < part.back().end && all[i].kind != Access::Kind::read) {
        part.push_back(all[i]);
        part.back().end = kNever;
      }
    (check_linear(std::move(part)) == Verdict::impossible ? bad : good) = middle;
  }
  std::string text = "no order of calls explains what was seen of " + plan_.keys[key] + ":";
  for (size_t i = bad > 12 ? bad - 12 : 0; i < bad; ++i) {
    const Access& access = all[i];
    static constexpr const char* kNames[] = {"read", "write", "exchange", "add", "max", "append"};
    text += "\n  " + std::to_string(access.begin) + " to " +
            (access.end == kNever ? std::string("?") : std::to_string(access.end)) + ": " +
            kNames[static_cast<size_t>(access.kind)] + " " + say_value(access.value);
    if (access.kind == Access::Kind::exchange) text += " for " + say_value(access.expected);
    if (access.deadline != kNever) text += ", in a life that ended at " + std::to_string(access.deadline);
    if (access.expiry_ms != kNever) text += " until the clock says " + std::to_string(access.expiry_ms);
    if (access.kind == Access::Kind::read)
      text += " by a clock of " + std::to_string(access.clock_first_ms) + " to " +
              std::to_string(access.clock_last_ms);
  }
  return text;
}

std::string History::half_seen(const View& view) const {
  for (const Group& group : plan_.groups) {
    std::optional<uint64_t> first;
    for (const size_t key : group.keys) {
      const auto at = view.find(key);
      if (at == view.end() || halves_.contains(at->second)) continue;
      if (first && *first != at->second)
        return "of one batch a part was seen: " + plan_.keys[key] + " has " + say_value(at->second) +
               ", where another key of its group has " + say_value(*first);
      first = at->second;
    }
  }
  return "";
}

uint64_t list_of(uint64_t element) { return changed_by(Access::Kind::append, kAbsent, element); }

std::optional<uint64_t> value_of(KeyKind kind, ByteView bytes) {
  if (kind == KeyKind::bytes) return value_of(bytes);
  if (kind == KeyKind::list) {
    uint64_t list = kAbsent;
    for (; bytes.size() >= kNumberSize; bytes.remove_prefix(kNumberSize))
      list = changed_by(Access::Kind::append, list,
                        static_cast<uint64_t>(*number_of(bytes.substr(0, kNumberSize))));
    return bytes.empty() ? std::optional(list) : std::nullopt;
  }
  const std::optional<int64_t> number = number_of(bytes);
  return number ? std::optional(static_cast<uint64_t>(*number)) : std::nullopt;
}

Bytes bytes_of(uint64_t value, size_t size) {
  Bytes bytes = std::to_string(value) + ":";
  engine::Random random(value);
  for (uint64_t bits = 0; bytes.size() < size; bits >>= 4) {
    if (bits == 0) bits = random.next();
    bytes.push_back(static_cast<char>('a' + bits % 16));
  }
  return bytes;
}

std::optional<uint64_t> value_of(ByteView bytes) {
  uint64_t value = 0;
  const auto parsed = std::from_chars(bytes.data(), bytes.data() + bytes.size(), value);
  if (parsed.ec != std::errc() || parsed.ptr == bytes.data() + bytes.size() || *parsed.ptr != ':')
    return std::nullopt;
  return bytes == bytes_of(value, bytes.size()) ? std::optional(value) : std::nullopt;
}

}  // namespace coppice::simulation
