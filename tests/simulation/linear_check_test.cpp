#include "tests/simulation/linear_check.hpp"

#include <gtest/gtest.h>

#include "engine/base/random.hpp"

namespace coppice::simulation {
namespace {

using Kind = Access::Kind;

Access read(uint64_t value, uint64_t begin, uint64_t end) { return {Kind::read, value, begin, end, 0}; }
Access write(uint64_t value, uint64_t begin, uint64_t end) { return {Kind::write, value, begin, end, 0}; }
Access exchange(uint64_t expected, uint64_t value, uint64_t begin, uint64_t end) {
  return {Kind::exchange, value, begin, end, expected};
}
Access add(uint64_t operand, uint64_t begin, uint64_t end) { return {Kind::add, operand, begin, end}; }
Verdict check(std::vector<Access> accesses) { return check_linear(std::move(accesses)); }

TEST(LinearCheckTest, OneAfterTheOtherIsWhatItIs) {
  EXPECT_EQ(check({}), Verdict::linearizable);
  EXPECT_EQ(check({read(kAbsent, 1, 2), write(7, 3, 4), read(7, 5, 6)}), Verdict::linearizable);
  EXPECT_EQ(check({write(7, 1, 2), read(kAbsent, 3, 4)}), Verdict::impossible);
  EXPECT_EQ(check({write(7, 1, 2), write(8, 3, 4), read(7, 5, 6)}), Verdict::impossible);
  EXPECT_EQ(check({read(7, 1, 2), write(7, 3, 4)}), Verdict::impossible);
  EXPECT_EQ(check({write(7, 1, 2), write(kAbsent, 3, 4), read(kAbsent, 5, 6)}), Verdict::linearizable);
}

TEST(LinearCheckTest, WhatOverlapsMayHaveHappenedInEitherOrder) {
  EXPECT_EQ(check({write(7, 1, 10), read(kAbsent, 2, 3), read(7, 4, 5)}), Verdict::linearizable);
  EXPECT_EQ(check({write(7, 1, 10), write(8, 2, 9), read(7, 11, 12)}), Verdict::linearizable);
  EXPECT_EQ(check({write(7, 1, 10), write(8, 2, 9), read(8, 11, 12)}), Verdict::linearizable);
}

TEST(LinearCheckTest, ButNotInBoth) {
  // Seen, and then not any more.
  EXPECT_EQ(check({write(7, 1, 10), read(7, 2, 3), read(kAbsent, 4, 5)}), Verdict::impossible);
  EXPECT_EQ(check({write(7, 1, 10), write(8, 2, 9), read(7, 11, 12), read(8, 13, 14)}), Verdict::impossible);
  // Two readers that disagree about the order of two writes.
  EXPECT_EQ(check({write(7, 1, 20), write(8, 2, 19), read(7, 3, 4), read(8, 5, 6), read(7, 7, 8)}),
            Verdict::impossible);
}

TEST(LinearCheckTest, AWriteWithoutAnAnswerHappensLateOrNotAtAll) {
  EXPECT_EQ(check({write(7, 1, kNever), read(kAbsent, 2, 3)}), Verdict::linearizable);
  EXPECT_EQ(check({write(7, 1, kNever), read(kAbsent, 2, 3), read(7, 4, 5)}), Verdict::linearizable);
  EXPECT_EQ(check({write(7, 1, kNever), read(7, 2, 3), read(kAbsent, 4, 5)}), Verdict::impossible);
  EXPECT_EQ(check({write(9, 1, 2), write(7, 3, kNever), read(7, 4, 5), read(9, 6, 7)}), Verdict::impossible);
}

TEST(LinearCheckTest, SoDoesADelete) {
  EXPECT_EQ(check({write(7, 1, 2), write(kAbsent, 3, kNever), read(7, 4, 5), read(kAbsent, 6, 7)}),
            Verdict::linearizable);
  EXPECT_EQ(check({write(7, 1, 2), write(kAbsent, 3, kNever), read(7, 4, 5)}), Verdict::linearizable);
  EXPECT_EQ(check({write(7, 1, 2), write(kAbsent, 3, kNever), read(kAbsent, 4, 5), read(7, 6, 7)}),
            Verdict::impossible);
  // One that had not begun cannot have done it.
  EXPECT_EQ(check({write(7, 1, 2), read(kAbsent, 3, 4), write(kAbsent, 5, kNever)}), Verdict::impossible);
  // And each happens once.
  EXPECT_EQ(check({write(kAbsent, 1, kNever), write(7, 2, 3), read(kAbsent, 4, 5), write(8, 6, 7),
                   read(kAbsent, 8, 9)}),
            Verdict::impossible);
}

TEST(LinearCheckTest, AnExchangeFindsWhatItReplaces) {
  EXPECT_EQ(check({write(7, 1, 2), exchange(7, 8, 3, 4), read(8, 5, 6)}), Verdict::linearizable);
  EXPECT_EQ(check({write(7, 1, 2), write(9, 3, 4), exchange(7, 8, 5, 6)}), Verdict::impossible);
  // Two cannot both replace one value.
  EXPECT_EQ(check({write(7, 1, 2), exchange(7, 8, 3, 10), exchange(7, 9, 4, 11)}), Verdict::impossible);
  // That it found a value says that the write had happened.
  EXPECT_EQ(check({write(7, 1, kNever), exchange(7, 8, 2, 3), read(8, 4, 5)}), Verdict::linearizable);
}

TEST(LinearCheckTest, OperandsAreAppliedOnceInAnyOrderThatTheirCallsAllow) {
  EXPECT_EQ(check({add(5, 1, 2), add(7, 3, 4), read(12, 5, 6)}), Verdict::linearizable);
  EXPECT_EQ(check({write(7, 1, 2), add(5, 3, 10), read(7, 4, 5), read(12, 6, 7)}), Verdict::linearizable);
  EXPECT_EQ(check({add(5, 1, 2), add(7, 3, 4), read(7, 5, 6)}), Verdict::impossible);
  EXPECT_EQ(check({add(5, 1, 2), read(10, 3, 4)}), Verdict::impossible);
  EXPECT_EQ(check({write(7, 1, 2), add(5, 3, 4), write(9, 5, 6), read(14, 7, 8)}), Verdict::impossible);
  const auto joined = [](uint64_t a, uint64_t b) {
    return changed_by(Kind::append, changed_by(Kind::append, 0, a), b);
  };
  const std::vector<Access> both = {{Kind::append, 5, 1, 10}, {Kind::append, 7, 2, 9}};
  EXPECT_EQ(check({both[0], both[1], read(joined(5, 7), 11, 12)}), Verdict::linearizable);
  EXPECT_EQ(check({both[0], both[1], read(joined(7, 5), 11, 12)}), Verdict::linearizable);
  EXPECT_EQ(check({both[0], both[1], read(joined(7, 5), 11, 12), read(joined(5, 7), 13, 14)}),
            Verdict::impossible);
}

TEST(LinearCheckTest, AnOperandWithoutAnAnswerIsAppliedBeforeItsDeadlineOrNever) {
  const auto unsure = [](uint64_t operand, uint64_t begin, uint64_t deadline) {
    return Access{Kind::add, operand, begin, kNever, 0, deadline};
  };
  EXPECT_EQ(check({write(7, 1, 2), unsure(5, 3, 10), read(7, 4, 5), read(12, 11, 12)}),
            Verdict::linearizable);
  EXPECT_EQ(check({write(7, 1, 2), unsure(5, 3, 10), read(7, 11, 12)}), Verdict::linearizable);
  EXPECT_EQ(check({write(7, 1, 2), unsure(5, 3, 10), read(7, 11, 12), read(12, 13, 14)}),
            Verdict::impossible);
  EXPECT_EQ(check({write(7, 1, 2), unsure(5, 3, 10), read(17, 11, 12)}), Verdict::impossible);
  // One that came to nothing is no reason for what expired to have been there until then.
  const Access put{Kind::write, 7, 1, 2, 0, kNever, 100};
  const Access remove{Kind::write, kAbsent, 3, kNever, 0, 10};
  const Access late{Kind::read, kAbsent, 11, 20, 0, kNever, kNever, 200, 200};
  const Access early{Kind::read, kAbsent, 12, 13, 0, kNever, kNever, 50, 50};
  EXPECT_EQ(check({put, remove, late, early}), Verdict::linearizable);
  // What was written may only be seen as a part of a sum.
  EXPECT_EQ(check({{Kind::write, 7, 1, kNever}, add(5, 2, 3), read(12, 4, 5)}), Verdict::linearizable);
}

TEST(LinearCheckTest, WhatExpiresIsGoneFromThenOn) {
  const Access put{Kind::write, 7, 1, 2, 0, kNever, 100};
  const auto read_by = [](uint64_t value, uint64_t begin, uint64_t first_ms, uint64_t last_ms) {
    return Access{Kind::read, value, begin, begin + 1, 0, kNever, kNever, first_ms, last_ms};
  };
  EXPECT_EQ(check({put, read_by(7, 3, 98, 99), read_by(kAbsent, 5, 100, 101)}), Verdict::linearizable);
  EXPECT_EQ(check({put, read_by(kAbsent, 3, 98, 99)}), Verdict::impossible);
  EXPECT_EQ(check({put, read_by(7, 3, 100, 101)}), Verdict::impossible);
  EXPECT_EQ(check({put, read_by(kAbsent, 3, 99, 100)}), Verdict::linearizable);
  EXPECT_EQ(check({put, read_by(7, 3, 99, 100)}), Verdict::linearizable);
  // What it had before does not come back, and what comes after it is done to nothing.
  EXPECT_EQ(check({write(5, 0, 0), put, read_by(5, 3, 100, 101)}), Verdict::impossible);
  EXPECT_EQ(check({put, add(4, 3, 4), read_by(11, 5, 98, 99), read_by(4, 7, 100, 101)}),
            Verdict::linearizable);
  EXPECT_EQ(check({put, add(4, 3, 4), read_by(11, 5, 100, 101)}), Verdict::impossible);
  // One of which nobody knows may have been there, unseen.
  const Access unsure{Kind::write, 7, 3, kNever, 0, kNever, 100};
  EXPECT_EQ(check({write(5, 1, 2), unsure, read_by(kAbsent, 5, 100, 101)}), Verdict::linearizable);
  EXPECT_EQ(check({write(5, 1, 2), unsure, read_by(kAbsent, 5, 98, 99)}), Verdict::impossible);
}

/// A register that is really there: what it does can always be explained, and hardly ever once one read is changed.
TEST(LinearCheckTest, KnowsTheHistoryOfARegisterAndOneThatIsNot) {
  int noticed = 0;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    engine::Random random(seed);
    std::vector<Access> history;
    std::vector<size_t> reads;
    uint64_t value = kAbsent;
    for (uint64_t moment = 100; moment < 100 + 100 * 20; moment += 20) {
      // It happens at `moment`, and others happen between its begin and its end.
      const uint64_t begin = moment - random.below(60);
      const uint64_t end = moment + 1 + random.below(60);
      if (random.one_in(3)) {
        value = random.one_in(5) ? kAbsent : moment;
        history.push_back(write(value, begin, random.one_in(8) ? kNever : end));
      } else {
        reads.push_back(history.size());
        history.push_back(read(value, begin, end));
      }
    }
    ASSERT_EQ(check(history), Verdict::linearizable) << "seed " << seed;
    Access& changed = history[reads[reads.size() - 1 - random.below(3)]];
    changed.value = history[reads[0]].value == changed.value ? 1 : history[reads[0]].value;
    noticed += check(history) == Verdict::impossible ? 1 : 0;
  }
  EXPECT_GT(noticed, 100);
}

}  // namespace
}  // namespace coppice::simulation
