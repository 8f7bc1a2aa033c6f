#include "engine/compact/merge_control.hpp"

#include <gtest/gtest.h>

namespace coppice::engine {
namespace {

using std::chrono::milliseconds;

TEST(MergeControlTest, WhatIsDueIsLookedForAtMostOnceInAnInterval) {
  EXPECT_EQ(time_to_look(Merging::on, milliseconds(0), milliseconds(0), 0), milliseconds(0));
  EXPECT_EQ(time_to_look(Merging::on, milliseconds(500), milliseconds(499), 0), milliseconds(1));
  EXPECT_EQ(time_to_look(Merging::on, milliseconds(500), milliseconds(500), 0), milliseconds(0));
  EXPECT_EQ(time_to_look(Merging::on, milliseconds(500), milliseconds(9'000), 0), milliseconds(0));
}

TEST(MergeControlTest, WritersThatAreSlowedDownWaitForNoInterval) {
  EXPECT_EQ(time_to_look(Merging::on, milliseconds(500), milliseconds(0), 0.01), milliseconds(0));
}

TEST(MergeControlTest, OnlyWhenOnIsAnythingLookedFor) {
  for (const Merging merging : {Merging::off, Merging::paused, Merging::stopped})
    EXPECT_FALSE(time_to_look(merging, milliseconds(0), milliseconds(9'000), 1)) << name_of(merging);
  EXPECT_TRUE(may_begin_asked(Merging::on));
  EXPECT_TRUE(may_begin_asked(Merging::off));
  EXPECT_FALSE(may_begin_asked(Merging::paused));
  EXPECT_FALSE(may_begin_asked(Merging::stopped));
}

}  // namespace
}  // namespace coppice::engine
