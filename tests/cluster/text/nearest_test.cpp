#include "cluster/text/nearest.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace coppice::cluster {
namespace {

const std::vector<std::string> kCommands{"serve", "put", "get", "delete", "scan", "load", "dump", "stats"};

TEST(NearestTest, FindsWhatASlipTurnedIntoAnother) {
  EXPECT_EQ(nearest("sacn", kCommands), "scan");       // two swapped
  EXPECT_EQ(nearest("serv", kCommands), "serve");      // one less
  EXPECT_EQ(nearest("dellete", kCommands), "delete");  // one more
  EXPECT_EQ(nearest("gat", kCommands), "get");         // another
}

TEST(NearestTest, FindsTheOnlyOneThatBeginsSo) {
  EXPECT_EQ(nearest("del", kCommands), "delete");
  EXPECT_EQ(nearest("s", kCommands), std::nullopt);  // serve, scan, stats
}

TEST(NearestTest, IsSilentAboutAnotherWord) {
  EXPECT_EQ(nearest("frobnicate", kCommands), std::nullopt);
  EXPECT_EQ(nearest("", kCommands), std::nullopt);
  EXPECT_EQ(nearest("x", std::vector<std::string>{}), std::nullopt);
}

TEST(NearestTest, AsksWithTheName) {
  EXPECT_EQ(did_you_mean("sacn", kCommands), ": did you mean 'scan'?");
  EXPECT_EQ(did_you_mean("frobnicate", kCommands), "");
}

}  // namespace
}  // namespace coppice::cluster
