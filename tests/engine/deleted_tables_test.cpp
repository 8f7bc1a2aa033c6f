#include "engine/compact/deleted_tables.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/compact/picker.hpp"
#include "engine/io/posix_file.hpp"
#include "engine/table/block_cache.hpp"

namespace coppice::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Tables without files: what is decided is decided by the manifest alone.
class DeletedTablesTest : public ::testing::Test {
protected:
  struct Table {
    Bytes begin;
    std::optional<Bytes> end;
    uint64_t oldest = 1;
    uint64_t newest = 1;
    uint64_t size = 1000;
    std::vector<ClearedRange> cleared = {};
  };

  DeletedTablesTest() { rules.floor = Timestamp{100}; }

  void add(uint32_t level, uint64_t number, Table table) {
    TableMeta meta;
    meta.number = number;
    meta.file_size = table.size;
    meta.bounds = {std::move(table.begin), std::move(table.end)};
    meta.entry_count = 10;
    meta.range_delete_count = table.cleared.size();
    meta.oldest = Timestamp{table.oldest};
    meta.newest = Timestamp{table.newest};
    meta.cleared = std::move(table.cleared);
    levels[level].push_back(make_table_handle({files, cache, 0}, "/none", meta));
  }
  /// A table of level 0 that holds only a range delete.
  void delete_range(uint64_t number, const Bytes& begin, const Bytes& end, uint64_t commit) {
    add(0, number, {begin, end, commit, commit, 10, {{{begin, end}, Timestamp{commit}, Timestamp{commit}}}});
  }
  std::vector<uint64_t> dropped() {
    const auto plan = pick_deleted(Version(levels), rules, under_way);
    std::vector<uint64_t> numbers;
    if (!plan) return numbers;
    EXPECT_TRUE(plan->drop);
    EXPECT_THAT(plan->target, IsEmpty());
    for (const TableHandle& table : plan->source) numbers.push_back(table->meta().number);
    return numbers;
  }

  PosixFileSystem files;
  BlockCache cache{1 << 20};
  std::array<Version::Level, kLevelCount> levels;
  SurvivalRules rules;
  std::vector<MergeUnderWay> under_way;
};

TEST_F(DeletedTablesTest, TablesCoveredToTheirEdgesGo) {
  add(6, 1, {"a", "b"});
  add(6, 2, {"b", "d"});
  add(6, 3, {"d", "f"});
  add(6, 4, {"f", "g"});
  EXPECT_THAT(dropped(), IsEmpty());
  delete_range(9, "b", "f", 50);
  EXPECT_THAT(dropped(), ElementsAre(2, 3));
}

TEST_F(DeletedTablesTest, OneKeyMoreOnEitherSideStays) {
  add(6, 1, {"b", Bytes("c\0", 2)});
  delete_range(9, Bytes("b\0", 2), "x", 50);
  EXPECT_THAT(dropped(), IsEmpty());
  levels[0].clear();
  delete_range(9, "b", "c", 50);
  EXPECT_THAT(dropped(), IsEmpty());
  levels[0].clear();
  delete_range(9, "b", Bytes("c\0", 2), 50);
  EXPECT_THAT(dropped(), ElementsAre(1));
}

TEST_F(DeletedTablesTest, WhatIsAsNewAsTheRangeDeleteStays) {
  add(6, 1, {"b", "c", 1, 50});
  add(6, 2, {"c", "d", 1, 49});
  delete_range(9, "a", "x", 50);
  EXPECT_THAT(dropped(), ElementsAre(2));
}

TEST_F(DeletedTablesTest, WhatASnapshotSeesStays) {
  add(6, 1, {"b", "c", 10, 20});
  delete_range(9, "a", "x", 50);
  rules.snapshots = {Timestamp{10}};
  EXPECT_THAT(dropped(), IsEmpty());
  rules.snapshots = {Timestamp{49}};
  EXPECT_THAT(dropped(), IsEmpty());
  // One that sees nothing of it, and one that sees the range delete.
  rules.snapshots = {Timestamp{9}, Timestamp{50}};
  EXPECT_THAT(dropped(), ElementsAre(1));
}

TEST_F(DeletedTablesTest, WhatAReaderWithoutSnapshotMaySeeStays) {
  add(6, 1, {"b", "c", 10, 20});
  delete_range(9, "a", "x", 50);
  rules.floor = Timestamp{49};
  EXPECT_THAT(dropped(), IsEmpty());
  rules.floor = Timestamp{50};
  EXPECT_THAT(dropped(), ElementsAre(1));
}

TEST_F(DeletedTablesTest, SeveralRangeDeletesCoverATogether) {
  add(6, 1, {"b", "h"});
  delete_range(8, "a", "d", 50);
  delete_range(9, "e", "x", 60);
  EXPECT_THAT(dropped(), IsEmpty());
  delete_range(10, "d", "e", 70);
  EXPECT_THAT(dropped(), ElementsAre(1));
}

TEST_F(DeletedTablesTest, EachIsAskedForTheMomentOfItsOwn) {
  // Joined from deletes at 30 to 60: a snapshot between them may lack the one that covers the table.
  add(6, 1, {"b", "c", 10, 20});
  add(6, 2, {"c", "d", 10, 40});
  add(0, 9, {"a", "x", 30, 60, 10, {{{"a", "x"}, Timestamp{30}, Timestamp{60}}}});
  EXPECT_THAT(dropped(), ElementsAre(1));
  rules.snapshots = {Timestamp{45}};
  EXPECT_THAT(dropped(), IsEmpty());
}

TEST_F(DeletedTablesTest, ARangeDeleteDropsNoneThatHoldsItButANewerOneDoes) {
  delete_range(8, "a", "x", 50);
  EXPECT_THAT(dropped(), IsEmpty());
  delete_range(9, "a", "x", 51);
  EXPECT_THAT(dropped(), ElementsAre(8));
}

TEST_F(DeletedTablesTest, WhatIsBeingMergedStaysUntilThen) {
  add(6, 1, {"b", "c"});
  add(6, 2, {"c", "d"});
  delete_range(9, "a", "x", 50);
  under_way = {{5, 6, {"b", "c"}, {1}}};
  EXPECT_THAT(dropped(), ElementsAre(2));
}

TEST_F(DeletedTablesTest, OnlyWhatTheTreeOwnsHasToBeCovered) {
  add(6, 1, {"b", "m"});
  add(6, 2, {"m", "p"});
  delete_range(9, "a", "f", 50);
  EXPECT_THAT(dropped(), IsEmpty());
  rules.owned = {"a", "f"};
  EXPECT_THAT(dropped(), ElementsAre(1, 2));
}

TEST_F(DeletedTablesTest, TheLowestLevelGoesFirst) {
  add(6, 1, {"b", "c"});
  add(5, 2, {"b", "c", 2, 2});
  delete_range(9, "a", "x", 50);
  EXPECT_THAT(dropped(), ElementsAre(1));
  levels[6].clear();
  EXPECT_THAT(dropped(), ElementsAre(2));
}

TEST_F(DeletedTablesTest, AMemtableSaysWhetherItWouldDropAny) {
  add(6, 1, {"b", "d"});
  const auto cleared = [](const Bytes& begin, const Bytes& end) {
    return std::vector<ClearedRange>{{{begin, end}, Timestamp{50}, Timestamp{50}}};
  };
  EXPECT_FALSE(any_deleted(Version(levels), rules, {}));
  EXPECT_FALSE(any_deleted(Version(levels), rules, cleared("a", "c")));
  EXPECT_TRUE(any_deleted(Version(levels), rules, cleared("a", "d")));
}

}  // namespace
}  // namespace coppice::engine
