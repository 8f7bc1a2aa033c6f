#include "engine/compact/operand_folding.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/random.hpp"
#include "engine/cursor/operand_chain.hpp"
#include "tests/support/seed.hpp"

namespace coppice::engine {
namespace {

using ::testing::ElementsAre;

Bytes add(int64_t number) { return join_steps(std::array{Step{Operator::add, number_value(number)}}); }

class OperandFoldingTest : public ::testing::Test {
protected:
  struct Version {
    Bytes key;
    uint64_t commit;
    Kind kind;
    Bytes value;
  };

  void put(uint64_t commit, int64_t number) {
    entries.push_back({"k", commit, Kind::put, number_value(number)});
  }
  void put_until(uint64_t commit, int64_t number) {
    entries.push_back({"k", commit, Kind::put_that_expires, "until..." + number_value(number)});
  }
  void remove(uint64_t commit) { entries.push_back({"k", commit, Kind::remove, ""}); }
  void operand(uint64_t since, uint64_t commit, int64_t number) {
    entries.push_back({"k", commit, Kind::operand, encode_operand({Timestamp{since}, add(number)})});
  }
  void operand(uint64_t commit, int64_t number) { operand(commit, commit, number); }
  void delete_range(uint64_t commit) { range_deletes.push_back({"a", "z", false, Timestamp{commit}}); }
  void set(std::vector<uint64_t> snapshots, uint64_t floor, bool bottom = false) {
    rules.snapshots.clear();
    for (uint64_t snapshot : snapshots) rules.snapshots.push_back(Timestamp{snapshot});
    rules.floor = Timestamp{floor};
    rules.bottom = bottom;
  }

  /// What comes out.
  Status fold(std::vector<Version>& out) {
    const RangeDeletes all(range_deletes);
    Survivors survivors(rules, all);
    OperandFolding folding(rules, all, survivors, [&out](const Entry& entry) {
      out.push_back({Bytes(entry.key), entry.commit.raw, entry.kind, Bytes(entry.value)});
      return success();
    });
    for (const Version& version : entries) {
      const Entry entry{version.key, Timestamp{version.commit}, version.kind, version.value};
      if (folding.concerns(entry)) {
        COPPICE_TRY(folding.take(entry));
      } else if (survivors.survivor(entry) != nullptr) {
        out.push_back(version);
      }
    }
    return folding.finish();
  }
  /// "9=13" for a put of 13 at 9, "[5,9]+3" for an operand, "9-" for a remove.
  static std::string name(const Version& version) {
    const std::string commit = std::to_string(version.commit);
    const auto number = [](ByteView bytes) { return std::to_string(*number_of(bytes)); };
    if (version.kind == Kind::remove) return commit + "-";
    if (version.kind == Kind::put) return commit + "=" + number(version.value);
    if (version.kind == Kind::put_that_expires)
      return commit + "~" + number(plain_value(version.kind, version.value));
    const auto operand = decode_operand(version.value);
    return "[" + std::to_string(operand->since.raw) + "," + commit + "]+" + number(operand->steps.substr(2));
  }
  std::vector<std::string> folded() {
    std::vector<Version> out;
    const Status status = fold(out);
    EXPECT_TRUE(status.ok()) << to_string(status.error());
    std::vector<std::string> names;
    for (const Version& version : out) names.push_back(name(version));
    return names;
  }

  std::vector<Version> entries;
  std::vector<RangeDelete> range_deletes;
  SurvivalRules rules;
};

TEST_F(OperandFoldingTest, OperandsBecomeOne) {
  operand(9, 4);
  operand(7, 2);
  operand(5, 1);
  set({}, 9);
  EXPECT_THAT(folded(), ElementsAre("[5,9]+7"));
}

TEST_F(OperandFoldingTest, AnOperandOnAPutIsAPut) {
  operand(9, 4);
  operand(7, 2);
  put(5, 10);
  put(3, 20);
  set({}, 9);
  EXPECT_THAT(folded(), ElementsAre("9=16"));
}

TEST_F(OperandFoldingTest, AnOperandOnARemoveOrARangeDeleteBeginsAnew) {
  operand(9, 4);
  remove(5);
  put(3, 20);
  set({}, 9);
  EXPECT_THAT(folded(), ElementsAre("9=4"));

  entries.clear();
  operand(9, 4);
  put(3, 20);
  delete_range(5);
  EXPECT_THAT(folded(), ElementsAre("9=4"));

  // Nothing is known of what lies below but that it is deleted.
  entries.clear();
  operand(9, 4);
  EXPECT_THAT(folded(), ElementsAre("9=4"));
}

TEST_F(OperandFoldingTest, ARangeDeleteOfTheSameBatchLiesBelow) {
  operand(9, 4);
  put(3, 20);
  delete_range(9);
  set({}, 9);
  EXPECT_THAT(folded(), ElementsAre("9=4"));
}

TEST_F(OperandFoldingTest, AtTheBottomAnOperandIsAPut) {
  operand(9, 4);
  operand(7, 2);
  set({}, 9, true);
  EXPECT_THAT(folded(), ElementsAre("9=6"));
  set({}, 9, false);
  EXPECT_THAT(folded(), ElementsAre("[7,9]+6"));
}

TEST_F(OperandFoldingTest, WhatASnapshotReadsStays) {
  operand(9, 4);
  operand(7, 2);
  put(5, 10);
  set({8}, 9);
  EXPECT_THAT(folded(), ElementsAre("[9,9]+4", "7=12"));
  set({6}, 9);
  EXPECT_THAT(folded(), ElementsAre("[7,9]+6", "5=10"));
  set({}, 6);
  EXPECT_THAT(folded(), ElementsAre("[9,9]+4", "[7,7]+2", "5=10"));
}

TEST_F(OperandFoldingTest, WhatAnOperandHoldsAlreadyIsNotDoneTwice) {
  operand(5, 9, 7);
  operand(5, 7, 3);
  operand(5, 1);
  put(3, 10);
  set({}, 9);
  EXPECT_THAT(folded(), ElementsAre("9=17"));
  set({7}, 9);
  // Both lead to the put.
  EXPECT_THAT(folded(), ElementsAre("[5,9]+7", "[5,7]+3", "3=10"));
}

TEST_F(OperandFoldingTest, AVersionThatAnotherOperandLeadsToIsLeftToIt) {
  operand(8, 9, 7);
  operand(8, 3);
  operand(6, 1);
  put(3, 10);
  set({8}, 9);
  EXPECT_THAT(folded(), ElementsAre("[8,9]+7", "[8,8]+3", "6=11"));
}

TEST_F(OperandFoldingTest, AnOperandIsNotJoinedWithAValueThatExpires) {
  operand(9, 4);
  operand(7, 2);
  put_until(5, 10);
  set({}, 9);
  EXPECT_THAT(folded(), ElementsAre("[7,9]+6", "5~10"));
}

TEST_F(OperandFoldingTest, KeysDoNotMix) {
  operand(9, 4);
  entries.push_back({"l", 8, Kind::put, number_value(1)});
  entries.push_back({"m", 8, Kind::operand, encode_operand({Timestamp{8}, add(2)})});
  entries.push_back({"m", 7, Kind::put, number_value(3)});
  set({}, 9);
  EXPECT_THAT(folded(), ElementsAre("[9,9]+4", "8=1", "8=5"));
}

TEST_F(OperandFoldingTest, WhatIsNoOperandIsCorruption) {
  operand(9, 4);
  entries.push_back({"k", 8, Kind::operand, "12345678xx"});
  set({}, 9);
  std::vector<Version> out;
  EXPECT_EQ(fold(out).error().code, Errc::corruption);
}

// At every moment that can be asked for, and only there, what comes out says what went in.
TEST_F(OperandFoldingTest, NobodyWhoMayAskSeesADifference) {
  const uint64_t seed = test_seed();
  SCOPED_TRACE("COPPICE_SEED=" + std::to_string(seed));
  Random random(seed);

  const auto read = [this](const std::vector<Version>& versions, uint64_t at) {
    const RangeDeletes all(range_deletes);
    OperandChain chain;
    std::optional<Bytes> base;
    const Timestamp deleted = all.newest_covering("k", Timestamp{at});
    uint64_t moment = at;
    for (const Version& version : versions) {
      if (version.commit > moment || Timestamp{version.commit} < deleted) continue;
      if (version.kind == Kind::operand) {
        EXPECT_TRUE(chain.take(version.value));
        moment = chain.since().raw - 1;
        continue;
      }
      if (version.kind != Kind::remove) base = version.value;
      break;
    }
    if (chain.empty()) return base;
    Bytes value;
    EXPECT_TRUE(chain.finish(base, value));
    return std::optional(value);
  };

  for (int round = 0; round < 20'000; ++round) {
    entries.clear();
    range_deletes.clear();
    constexpr uint64_t kLast = 14;
    // Oldest first, for an operand holds some of those before it.
    std::vector<std::pair<uint64_t, int64_t>> run;
    for (uint64_t commit = 1; commit <= kLast; ++commit) {
      const auto number = static_cast<int64_t>(1) << commit;
      const uint64_t choice = random.below(12);
      if (choice < 7) {
        run.emplace_back(commit, number);
        const size_t held = random.below(run.size());
        int64_t sum = 0;
        for (size_t i = held; i < run.size(); ++i) sum += run[i].second;
        operand(run[held].first, commit, sum);
        continue;
      }
      if (choice == 7) put(commit, number);
      if (choice == 8) remove(commit);
      if (choice == 9) delete_range(commit);
      if (choice < 10) run.clear();
    }
    std::ranges::reverse(entries);
    std::vector<uint64_t> snapshots;
    for (uint64_t moment = 1; moment < kLast; ++moment)
      if (random.one_in(4)) snapshots.push_back(moment);
    set(snapshots, 1 + random.below(kLast), random.one_in(2));
    std::vector<Version> out;
    ASSERT_TRUE(fold(out).ok());

    std::vector<uint64_t> moments = snapshots;
    for (uint64_t moment = rules.floor.raw; moment <= kLast; ++moment) moments.push_back(moment);
    for (const uint64_t moment : moments) {
      const auto expected = read(entries, moment);
      // Only the bottom knows that nothing lies below.
      ASSERT_EQ(read(out, moment), expected) << "round " << round << " at " << moment;
    }
  }
}

}  // namespace
}  // namespace coppice::engine
