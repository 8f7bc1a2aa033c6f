// Merging under control in a whole store, with its threads.
#include <atomic>
#include <filesystem>
#include <latch>
#include <thread>

#include "tests/actors/failing_files.hpp"
#include "tests/actors/store_fixture.hpp"
#include "tests/support/keys.hpp"

namespace coppice::actors {
namespace {

using engine::Merging;

/// Of a plain store, and of one that is encrypted and keeps its values apart.
enum class Kind { plain, encrypted_and_apart };

class StoreMergingTest : public StoreFixture, public testing::WithParamInterface<Kind> {
protected:
  StoreMergingTest() {
    options.files = &files;
    if (GetParam() == Kind::encrypted_and_apart) {
      options.keys = engine::ring('a');
      options.tree.value_threshold = 64;
    }
    // So that the next flush is not cut at many places, and a merge meets all.
    options.tree.memtable_size = 1 << 20;
  }
  ~StoreMergingTest() override { store.reset(); }

  static Bytes key_of(int number) { return "key" + std::to_string(100'000 + number); }
  void fill(const Bytes& value) {
    for (int number = 0; number < kKeyCount; ++number) put(key_of(number), value + Bytes(100, 'p'));
    ASSERT_TRUE(store->flush().ok());
  }
  std::string begun_with(const Bytes& value) {
    for (const auto& [key, found] : dump())
      if (!found.starts_with(value)) return key + " is " + found.substr(0, 10);
    return "";
  }
  // Tables and value files.
  size_t files_on_disk() const {
    size_t count = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(options.directory))
      if (entry.path().extension() == ".sst" || entry.path().extension() == ".val") ++count;
    return count;
  }
  size_t files_in_use() {
    size_t count = 0;
    const auto stats = store->stats();
    for (const ShardStats& shard : stats->shards) {
      for (const engine::LevelStats& level : shard.tree.levels) count += level.tables;
      count += shard.tree.value_files;
    }
    return count;
  }

  static constexpr int kKeyCount = 5'000;
  FailingFiles files;
};

TEST_P(StoreMergingTest, TheModeIsOfEveryShardAndOfThoseToCome) {
  options.boundaries = {"key102500"};
  options.merging = Merging::off;
  open();
  const auto modes = [this] {
    std::vector<Merging> all;
    const auto stats = store->stats();
    for (const ShardStats& shard : stats->shards) all.push_back(shard.merging);
    return all;
  };
  EXPECT_EQ(modes(), std::vector<Merging>(2, Merging::off));
  ASSERT_TRUE(store->set_merging(Merging::paused).ok());
  EXPECT_EQ(modes(), std::vector<Merging>(2, Merging::paused));
  fill("a");
  ASSERT_TRUE(store->split("key101000").ok());
  EXPECT_EQ(modes(), std::vector<Merging>(3, Merging::paused));
  EXPECT_EQ(store->merging(), Merging::paused);
  reopen();
  EXPECT_EQ(modes(), std::vector<Merging>(3, Merging::off));
  EXPECT_EQ(begun_with("a"), "");
}

/// A merge by hand, of which the first table is just to be begun.
class RunningMergeTest : public StoreMergingTest {
protected:
  void begin(const KeyRange& range = {}) {
    files.before_table = [this] {
      if (paused) begun_while_paused = true;
      if (!armed_.exchange(false)) return;
      here_.count_down();
      go_.wait();
    };
    open();
    fill("a");
    ASSERT_TRUE(store->compact().ok());
    ASSERT_TRUE(store->set_merging(Merging::off).ok());
    fill("b");
    armed_ = true;
    answer = as_future<Nothing>([&](auto done) { merge = store->compact(range, std::move(done)); });
    here_.wait();
  }
  void let_it_go() { go_.count_down(); }

  RangeMergeHandle merge;
  std::future<Result<Nothing>> answer;
  std::atomic<bool> paused{false};
  std::atomic<bool> begun_while_paused{false};

private:
  std::atomic<bool> armed_{false};
  std::latch here_{1};
  std::latch go_{1};
};

TEST_P(RunningMergeTest, PausedItGoesOnFromThere) {
  begin();
  ASSERT_TRUE(store->set_merging(Merging::paused).ok());
  paused = true;
  let_it_go();
  // Long enough for all of the merge.
  for (int round = 0; round < 20; ++round) EXPECT_EQ(begun_with("b"), "");
  for (int count = 0; count < 50; ++count) ASSERT_TRUE(store->put(key_of(count), "bb").ok());
  EXPECT_FALSE(begun_while_paused);
  const MergeProgress waiting = merge->progress();
  EXPECT_LT(waiting.bytes_done, waiting.bytes / 4);
  paused = false;
  const auto listed = store->stats();
  ASSERT_EQ(listed->merges.size(), 1u);
  EXPECT_EQ(listed->merges.front()->id, merge->id);
  ASSERT_TRUE(store->set_merging(Merging::on).ok());
  EXPECT_TRUE(answer.get().ok());
  const MergeProgress ended = merge->progress();
  EXPECT_EQ(ended.bytes_done, ended.bytes);
  EXPECT_GT(ended.bytes, 100'000u);
  EXPECT_TRUE(store->stats()->merges.empty());
  EXPECT_EQ(begun_with("b"), "");
}

TEST_P(RunningMergeTest, StoppedWhileItHoldsStillNothingIsLeftOfIt) {
  begin();
  ASSERT_TRUE(store->set_merging(Merging::paused).ok());
  let_it_go();
  ASSERT_TRUE(store->set_merging(Merging::stopped).ok());
  const auto answered = answer.get();
  ASSERT_FALSE(answered.ok());
  EXPECT_EQ(answered.error().code, Errc::cancelled);
  EXPECT_EQ(files_on_disk(), files_in_use());
  EXPECT_EQ(begun_with("b"), "");
  EXPECT_TRUE(store->verify()->problems.empty());
  EXPECT_EQ(store->compact().error().code, Errc::unavailable);
}

TEST_P(RunningMergeTest, ItIsCancelledByItsHandleAndByItsNumber) {
  begin();
  merge->cancel();
  let_it_go();
  const auto answered = answer.get();
  ASSERT_FALSE(answered.ok());
  EXPECT_EQ(answered.error().code, Errc::cancelled);
  EXPECT_EQ(begun_with("b"), "");
  EXPECT_EQ(files_on_disk(), files_in_use());

  const auto cancelled = as_future<Nothing>([&](auto done) { store->cancel_merge(merge->id, done); }).get();
  ASSERT_FALSE(cancelled.ok());
  EXPECT_EQ(cancelled.error().code, Errc::not_found);
  EXPECT_TRUE(store->compact().ok());
}

TEST_P(RunningMergeTest, AStoreThatIsClosedDoesNotWaitForOneThatHoldsStill) {
  begin();
  ASSERT_TRUE(store->set_merging(Merging::paused).ok());
  let_it_go();
  ASSERT_TRUE(store->close().ok());
  EXPECT_FALSE(answer.get().ok());
  merge->cancel();
}

TEST_P(RunningMergeTest, AShardIsSplitWhileItHoldsStill) {
  begin();
  ASSERT_TRUE(store->set_merging(Merging::paused).ok());
  let_it_go();
  ASSERT_TRUE(store->split(key_of(2'500)).ok());
  EXPECT_EQ(begun_with("b"), "");
  ASSERT_TRUE(store->set_merging(Merging::on).ok());
  EXPECT_TRUE(answer.get().ok());
  EXPECT_EQ(begun_with("b"), "");
}

TEST_P(RunningMergeTest, AShardIsSplitThoughItsMergeWaitsForAThreadThatAnotherHolds) {
  options.compactor_threads = 1;
  options.boundaries = {"key102500"};
  begin({.begin = "", .end = "key102500"});
  RangeMergeHandle waiting;
  auto waiting_answer = as_future<Nothing>([&](auto done) {
    waiting = store->compact({"key102500", std::nullopt}, std::move(done));
  });
  while (waiting->progress().tables == 0) ASSERT_TRUE(store->stats().ok());
  ASSERT_TRUE(store->set_merging(Merging::paused).ok());
  let_it_go();
  ASSERT_TRUE(store->split(key_of(4'000)).ok());
  EXPECT_EQ(begun_with("b"), "");
  ASSERT_TRUE(store->set_merging(Merging::on).ok());
  EXPECT_TRUE(answer.get().ok());
  EXPECT_TRUE(waiting_answer.get().ok());
  EXPECT_EQ(begun_with("b"), "");
}

TEST_P(StoreMergingTest, NothingIsLostWhileModesChange) {
  options.tree.memtable_size = 64 << 10;
  options.compactor_threads = 2;
  options.boundaries = {"key101000"};
  open();
  constexpr int kRounds = 40;
  std::atomic<bool> done{false};
  std::thread modes([&] {
    for (unsigned step = 0; !done; ++step) {
      ASSERT_TRUE(store->set_merging(static_cast<Merging>(step % 4)).ok());
      (void)store->get(key_of(static_cast<int>(step % 2'000)));
    }
    ASSERT_TRUE(store->set_merging(Merging::on).ok());
  });
  std::thread merges([&] {
    while (!done) {
      RangeMergeHandle merge;
      auto answer =
          as_future<Nothing>([&](auto answered) { merge = store->compact({}, std::move(answered)); });
      if (merge->id % 2 == 0) merge->cancel();
      const auto answered = answer.get();
      if (!answered.ok()) {
        ASSERT_TRUE(answered.error().code == Errc::cancelled || answered.error().code == Errc::unavailable)
            << to_string(answered.error());
      }
    }
  });
  for (int round = 1; round <= kRounds; ++round)
    for (int number = 0; number < 2'000; number += 7) {
      const auto put =
          store->put(key_of(number), std::to_string(round) + Bytes(200, 'p'), Durability::buffered);
      ASSERT_TRUE(put.ok()) << to_string(put.error());
    }
  done = true;
  modes.join();
  merges.join();
  ASSERT_TRUE(store->compact().ok());
  EXPECT_EQ(begun_with(std::to_string(kRounds) + "p"), "");
  EXPECT_TRUE(store->verify()->problems.empty());
}

const auto kKinds = testing::Values(Kind::plain, Kind::encrypted_and_apart);

std::string name_of_kind(const testing::TestParamInfo<Kind>& info) {
  return info.param == Kind::plain ? "Plain" : "EncryptedAndApart";
}

INSTANTIATE_TEST_SUITE_P(All, StoreMergingTest, kKinds, name_of_kind);
INSTANTIATE_TEST_SUITE_P(All, RunningMergeTest, kKinds, name_of_kind);

}  // namespace
}  // namespace coppice::actors
