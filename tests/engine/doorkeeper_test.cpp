#include "engine/table/doorkeeper.hpp"

#include <gtest/gtest.h>

#include "engine/base/random.hpp"

namespace coppice::engine {
namespace {

TEST(DoorkeeperTest, KnowsWhatItWasAskedBefore) {
  Doorkeeper doorkeeper(1024);
  EXPECT_FALSE(doorkeeper.knows(mix(7)));
  EXPECT_TRUE(doorkeeper.knows(mix(7)));
  EXPECT_TRUE(doorkeeper.knows(mix(7)));
}

TEST(DoorkeeperTest, ForgetsAfterManyOthers) {
  Doorkeeper doorkeeper(1024);
  (void)doorkeeper.knows(mix(0));
  int strangers = 0;
  for (uint64_t i = 1; i <= 20'000; ++i) strangers += doorkeeper.knows(mix(i)) ? 0 : 1;
  EXPECT_GT(strangers, 19'980);
  EXPECT_FALSE(doorkeeper.knows(mix(0)));
}

}  // namespace
}  // namespace coppice::engine
