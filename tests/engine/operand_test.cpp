#include "engine/base/operand.hpp"

#include <gtest/gtest.h>

#include "engine/base/random.hpp"
#include "tests/support/seed.hpp"

namespace coppice::engine {
namespace {

Bytes steps(Operator op, const Bytes& operand) { return join_steps(std::array{Step{op, operand}}); }
Bytes add(int64_t number) { return steps(Operator::add, number_value(number)); }
Bytes max(int64_t number) { return steps(Operator::max, number_value(number)); }
Bytes append(const Bytes& bytes) { return steps(Operator::append, bytes); }

std::optional<Bytes> done(std::optional<Bytes> value, const Bytes& steps) {
  EXPECT_TRUE(do_steps(steps, value));
  return value;
}

TEST(OperandTest, AnAbsentKeyBecomesTheOperand) {
  EXPECT_EQ(done({}, add(5)), number_value(5));
  EXPECT_EQ(done({}, max(-5)), number_value(-5));
  EXPECT_EQ(done({}, append("")), "");
}

TEST(OperandTest, AddsAndComparesNumbers) {
  EXPECT_EQ(done(number_value(40), add(2)), number_value(42));
  EXPECT_EQ(done(number_value(1), add(-2)), number_value(-1));
  EXPECT_EQ(done(number_value(-3), max(-2)), number_value(-2));
  EXPECT_EQ(done(number_value(3), max(-2)), number_value(3));
  EXPECT_EQ(done("text", append(", more")), "text, more");
}

TEST(OperandTest, SumsWrap) {
  EXPECT_EQ(done(number_value(INT64_MAX), add(1)), number_value(INT64_MIN));
  EXPECT_EQ(done(number_value(INT64_MIN), add(-1)), number_value(INT64_MAX));
}

TEST(OperandTest, WhatIsNoNumberStaysAsItIs) {
  EXPECT_EQ(done("text", add(5)), "text");
  EXPECT_EQ(done("", max(5)), "");
}

TEST(OperandTest, AValueEndsAtTheLimit) {
  const Bytes large(kValueSizeMax - 2, 'a');
  EXPECT_EQ(done(large, append("bcd")), large + "bc");
  EXPECT_EQ(done(large + "bc", append("d")), large + "bc");
  const auto joined = join_steps(append(large), append("bcd"));
  ASSERT_TRUE(joined);
  EXPECT_EQ(done({}, *joined), large + "bc");
}

TEST(OperandTest, StepsOfOneOperatorBecomeOne) {
  EXPECT_EQ(join_steps(add(5), add(7)), add(12));
  EXPECT_EQ(join_steps(max(5), max(7)), max(7));
  EXPECT_EQ(join_steps(append("a"), append("b")), append("ab"));
  EXPECT_EQ(join_steps(add(5) + append("a"), append("b") + max(1)), add(5) + append("ab") + max(1));
  const Bytes five = number_value(5);
  EXPECT_EQ(
      join_steps(std::array{Step{Operator::add, five}, Step{Operator::add, five}, Step{Operator::max, five},
                            Step{Operator::append, "x"}, Step{Operator::append, "y"}}),
      add(10) + max(5) + append("xy"));
}

TEST(OperandTest, WhatIsNoStepsIsSaidSo) {
  for (const Bytes& none :
       {Bytes(), Bytes("\1"), Bytes("\1\2xx"), Bytes("\7\0", 2), append("abc").substr(0, 4)}) {
    std::optional<Bytes> value;
    EXPECT_FALSE(do_steps(none, value));
    EXPECT_FALSE(join_steps(none, add(1)));
    EXPECT_FALSE(join_steps(add(1), none));
  }
  EXPECT_FALSE(decode_operand(""));
  EXPECT_FALSE(decode_operand("12345678"));
}

TEST(OperandTest, ComesBackFromItsBytes) {
  const Bytes five = add(5);
  const Bytes stored = encode_operand({Timestamp{77}, five});
  const auto operand = decode_operand(stored);
  ASSERT_TRUE(operand);
  EXPECT_EQ(operand->since, Timestamp{77});
  EXPECT_EQ(operand->steps, five);
}

// The law that all rests on: memtables, merges and reads join whichever neighbours they meet.
TEST(OperandTest, ItIsTheSameInWhichOrderNeighboursAreJoined) {
  const uint64_t seed = test_seed();
  SCOPED_TRACE("COPPICE_SEED=" + std::to_string(seed));
  Random random(seed);
  for (int round = 0; round < 2000; ++round) {
    std::vector<Bytes> parts;
    for (uint64_t count = 1 + random.below(8); count > 0; --count) {
      const auto number = static_cast<int64_t>(random.next()) >> random.below(64);
      switch (random.below(4)) {
        case 0:
          parts.push_back(add(number));
          break;
        case 1:
          parts.push_back(max(number));
          break;
        default:
          parts.push_back(append(Bytes(random.below(9), 'x')));
      }
    }
    std::optional<Bytes> start;
    if (random.one_in(2))
      start = random.one_in(2) ? number_value(static_cast<int64_t>(random.next())) : "text";
    std::optional<Bytes> expected = start;
    for (const Bytes& part : parts) expected = done(expected, part);

    while (parts.size() > 1) {
      const size_t at = random.below(parts.size() - 1);
      const auto joined = join_steps(parts[at], parts[at + 1]);
      ASSERT_TRUE(joined);
      parts[at] = *joined;
      parts.erase(parts.begin() + static_cast<ptrdiff_t>(at) + 1);
    }
    ASSERT_EQ(done(start, parts.front()), expected) << "round " << round;
  }
}

}  // namespace
}  // namespace coppice::engine
