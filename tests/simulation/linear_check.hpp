// Whether what callers saw of one key can have happened in some order that their calls allow.
#pragma once

#include <cstdint>
#include <vector>

namespace coppice::simulation {

/// What one call did to a key, or found in it. Values are numbers that no two writes share, but for kAbsent, which is what a key is at
/// first and after a delete; and where operands change them, values are whatever that gives.
struct Access {
  enum class Kind : uint8_t { read, write, exchange, add, max, append };

  Kind kind = Kind::read;
  /// Read, or written, or the operand.
  uint64_t value = 0;
  /// It took effect at one moment in here. No two of these are the same.
  uint64_t begin = 0;
  /// kNever: nobody knows whether it did; if so, at any time from `begin` on.
  uint64_t end = 0;
  /// Of an exchange: what it replaced.
  uint64_t expected = 0;
  /// Of one that has no end: if it took effect, then before this.
  uint64_t deadline = UINT64_MAX;
  /// Of a write or an exchange: from then on, by the store's clock, the key is absent. All in milliseconds.
  uint64_t expiry_ms = UINT64_MAX;
  /// Of a read or an exchange: what the clock said when it began, at least, and when it ended, at most.
  uint64_t clock_first_ms = 0;
  uint64_t clock_last_ms = 0;
};

/// What an operand makes of a value. A list is known by a number that stands for all of its elements.
uint64_t changed_by(Access::Kind kind, uint64_t value, uint64_t operand);

inline constexpr uint64_t kAbsent = 0;
inline constexpr uint64_t kNever = UINT64_MAX;

enum class Verdict : uint8_t {
  linearizable,
  impossible,
  /// There were too many orders to try them all.
  undecided,
};

/// All that was done to one key. What holds for each key by itself holds for all of them together: that is what makes it feasible.
///
/// Source: Wing and Gong, "Testing and Verifying Concurrent Objects", 1993, with the memory of what was tried of Lowe, "Testing for
/// Linearizability", 2017, and two rules: a read that fits is taken at once; and of a register, to which no operands are applied, a
/// write without an answer that nobody read need not have happened, unless it would have expired unseen.
Verdict check_linear(std::vector<Access> accesses);

}  // namespace coppice::simulation
