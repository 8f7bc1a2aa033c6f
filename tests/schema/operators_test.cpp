#include "schema/operators.hpp"

#include <gtest/gtest.h>

namespace coppice {
namespace {

TEST(OperatorsTest, NumbersComeBackFromTheirValues) {
  for (const int64_t number :
       {int64_t{0}, int64_t{1}, int64_t{-1}, INT64_MAX, INT64_MIN, int64_t{0x0102030405060708}})
    EXPECT_EQ(number_of(number_value(number)), number);
  EXPECT_EQ(number_value(0x0201), Bytes("\x01\x02\0\0\0\0\0\0", 8));
}

TEST(OperatorsTest, OnlyEightBytesAreANumber) {
  EXPECT_EQ(number_of(""), std::nullopt);
  EXPECT_EQ(number_of("1234567"), std::nullopt);
  EXPECT_EQ(number_of("123456789"), std::nullopt);
  EXPECT_NE(number_of("12345678"), std::nullopt);
}

TEST(OperatorsTest, AnOperandThatIsNoneIsRefused) {
  EXPECT_TRUE(check_operand(Operator::add, number_value(5)).ok());
  EXPECT_TRUE(check_operand(Operator::max, number_value(5)).ok());
  EXPECT_TRUE(check_operand(Operator::append, "").ok());
  EXPECT_EQ(check_operand(Operator::add, "5").error().code, Errc::invalid_argument);
  EXPECT_EQ(check_operand(Operator::max, "").error().code, Errc::invalid_argument);
  EXPECT_EQ(check_operand(Operator::append, Bytes(kValueSizeMax + 1, 'x')).error().code,
            Errc::invalid_argument);
  EXPECT_EQ(check_operand(static_cast<Operator>(4), number_value(5)).error().code, Errc::invalid_argument);
}

}  // namespace
}  // namespace coppice
