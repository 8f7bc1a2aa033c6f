#include "schema/result.hpp"

#include <gtest/gtest.h>

namespace coppice {
namespace {

Result<int> half(int number) {
  if (number % 2 != 0) return Error{Errc::invalid_argument, std::to_string(number) + " is odd"};
  return number / 2;
}

Result<int> quarter(int number) {
  COPPICE_TRY_ASSIGN(once, half(number));
  COPPICE_TRY_ASSIGN(twice, half(once));
  return twice;
}

Status check_quarter(int number) {
  COPPICE_TRY(quarter(number));
  return success();
}

TEST(ResultTest, HoldsAValue) {
  Result<int> result = quarter(12);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(*result, 3);
}

TEST(ResultTest, PassesTheFirstErrorUp) {
  Result<int> result = quarter(6);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, Errc::invalid_argument);
  EXPECT_EQ(result.error().text, "3 is odd");
  EXPECT_EQ(check_quarter(6).error().text, "3 is odd");
}

TEST(ResultTest, StatusCopiesItsError) {
  Status failed = Error{Errc::unavailable, "busy", 20};
  Status copy = failed;
  EXPECT_EQ(copy.error().retry_after_ms, 20u);
  EXPECT_FALSE(failed.ok());
}

TEST(ResultTest, ContextGoesBeforeTheText) {
  EXPECT_EQ(to_string(Error{Errc::io_error, "no such disk"}.within("table 7")),
            "io_error: table 7: no such disk");
}

TEST(ResultTest, EveryCodeHasANameThatFindsIt) {
  for (int code = 1; code <= static_cast<int>(Errc::would_block); ++code) {
    const auto errc = static_cast<Errc>(code);
    EXPECT_EQ(errc_from_string(to_string(errc)), errc);
  }
  EXPECT_EQ(errc_from_string("unknown"), std::nullopt);
}

TEST(ResultDeathTest, AskingAFailureForItsValueStopsTheProcess) {
  EXPECT_DEATH((void)half(3).value(), "broken invariant");
}

}  // namespace
}  // namespace coppice
