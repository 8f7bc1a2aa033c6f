// What callers were told, and whether all of it can be true.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/simulation/linear_check.hpp"
#include "tests/simulation/plan.hpp"

namespace coppice::simulation {

/// The values of keys at one moment, by the indices of the keys.
using View = std::map<size_t, uint64_t>;

/// One moment that lies between these.
struct Moments {
  uint64_t begin = 0;
  uint64_t end = 0;
  /// By what the store's clock may have said then it was judged what has expired, in milliseconds.
  uint64_t clock_first_ms = 0;
  uint64_t clock_last_ms = 0;
};

/// Moments are counted in calls that began or ended.
class History {
public:
  explicit History(const Plan& plan) : plan_(plan), accesses_(plan.keys.size()) {}

  /// The next moment.
  uint64_t tick() { return ++now_; }
  /// One that no write had before.
  uint64_t new_value() { return ++last_value_; }
  /// The same as an operand: no two sums of some of them are likely to be the same.
  uint64_t new_operand();

  void add(size_t key, const Access& access);
  void add_read(size_t key, uint64_t value, const Moments& moments);
  /// All these were read at one moment.
  void add_view(const View& view, const Moments& moments);
  /// These were there at one moment.
  void suspect(const View& view);
  /// The group that was seen by halves, in words; empty: none was.
  std::string half_seen(const View& view) const;
  /// Some keys of a group may have got that value, and others never will.
  void may_be_half(uint64_t value) { halves_.insert(value); }
  void will_expire(uint64_t value, uint64_t expiry_ms) { expiries_[value] = expiry_ms; }
  /// Whether that value was put to expire, and has by that time.
  bool has_expired(uint64_t value, uint64_t clock_ms) const;
  /// How often a key was read, and absent when it was read again, as it had expired.
  uint64_t expired_between_reads() const { return expired_between_reads_; }
  /// What was not answered by now has happened by now, or never does.
  void end_life() { life_ends_.push_back(tick()); }
  /// The power went: of what was written `buffered` anything may be gone. All else was kept.
  void lose_power();
  /// Something was seen that must not be.
  void accuse(std::string what);

  /// Ends the history. The first thing that cannot be; empty: all is well. Takes time.
  std::string verdict();
  /// How many reads and writes of a key it has been told of.
  uint64_t access_count() const { return access_count_; }

private:
  void check_keys(const std::vector<size_t>& keys);
  std::vector<Access> accesses_of(size_t key) const;
  void begin_with_what_was_kept(size_t key);
  std::string say(size_t key) const;

  const Plan& plan_;
  std::vector<std::vector<Access>> accesses_;
  // What a soft key may have had when the power went last.
  std::map<size_t, std::set<uint64_t>> kept_;
  std::vector<uint64_t> life_ends_;
  std::map<uint64_t, uint64_t> expiries_;
  std::set<uint64_t> halves_;
  // With the words for them.
  std::vector<std::pair<View, std::string>> suspects_;
  // By keys.
  std::map<size_t, uint64_t> last_read_;
  uint64_t expired_between_reads_ = 0;
  uint64_t access_count_ = 0;
  std::string accusation_;
  uint64_t now_ = 0;
  uint64_t last_value_ = 0;
};

/// Of a list with one element.
uint64_t list_of(uint64_t element);
/// Which value these bytes are for a key of that kind, which is not absent. Nothing: nobody wrote that.
std::optional<uint64_t> value_of(KeyKind kind, ByteView bytes);

/// What a key of bytes is given (kValueSizeMin bytes and more), and which value that was. Nothing: it is no such thing.
inline constexpr size_t kValueSizeMin = 12;
Bytes bytes_of(uint64_t value, size_t size);
std::optional<uint64_t> value_of(ByteView bytes);

}  // namespace coppice::simulation
