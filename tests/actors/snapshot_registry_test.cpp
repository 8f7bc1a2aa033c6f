#include "actors/snapshot_registry.hpp"

#include <gtest/gtest.h>

namespace coppice::actors {
namespace {

using Moments = std::vector<Timestamp>;

TEST(SnapshotRegistryTest, AShardInheritsTheMomentsOfItsOwnKeysInOrder) {
  SnapshotRegistry registry;
  registry.add(Timestamp{30}, {"a", "c"});
  registry.add(Timestamp{10}, {});
  registry.add(Timestamp{20}, {"m", std::nullopt});
  EXPECT_EQ(registry.held_in({"b", "d"}), (Moments{{10}, {30}}));
  EXPECT_EQ(registry.held_in({"c", "m"}), (Moments{{10}}));
  EXPECT_EQ(registry.held_in({}), (Moments{{10}, {20}, {30}}));
}

TEST(SnapshotRegistryTest, AReleasedMomentIsForgotten) {
  SnapshotRegistry registry;
  registry.add(Timestamp{10}, {"a", "c"});
  EXPECT_TRUE(registry.holds(Timestamp{10}));
  registry.remove(Timestamp{10}, {"a", "c"});
  EXPECT_FALSE(registry.holds(Timestamp{10}));
  EXPECT_EQ(registry.held_in({}), Moments());
}

TEST(SnapshotRegistryTest, AMomentThatSeveralHoldStaysUntilTheLastLetsGo) {
  SnapshotRegistry registry;
  registry.add(Timestamp{10}, {"a", "c"});
  registry.add(Timestamp{10}, {});
  registry.add(Timestamp{10}, {});
  EXPECT_EQ(registry.held_in({"b", "d"}), (Moments{{10}, {10}, {10}}));
  EXPECT_EQ(registry.held_in({"d", "e"}), (Moments{{10}, {10}}));
  registry.remove(Timestamp{10}, {});
  EXPECT_EQ(registry.held_in({"b", "d"}), (Moments{{10}, {10}}));
  registry.remove(Timestamp{10}, {"a", "c"});
  EXPECT_EQ(registry.held_in({"b", "d"}), (Moments{{10}}));
}

}  // namespace
}  // namespace coppice::actors
