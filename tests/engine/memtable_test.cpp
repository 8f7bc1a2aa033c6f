#include "engine/memory/memtable.hpp"

#include <map>
#include <thread>

#include <gtest/gtest.h>

#include "engine/apply.hpp"
#include "engine/base/random.hpp"
#include "tests/support/cursor_model.hpp"

namespace coppice::engine {
namespace {

class MemtableTest : public ::testing::Test {
protected:
  void put(ByteView key, uint64_t commit, ByteView value) {
    memtable.insert({key, Timestamp{commit}, Kind::put, value});
  }
  void gather(ByteView key, uint64_t commit, ByteView value) {
    const Entry entry{key, Timestamp{commit}, Kind::put, value};
    memtable.gather({&entry, 1});
  }
  std::string all() const {
    std::string text_of_all;
    const std::unique_ptr<Cursor> cursor = memtable.cursor();
    for (const Entry* entry = cursor->seek({}); entry != nullptr; entry = cursor->next())
      text_of_all += text(entry) + " ";
    return text_of_all;
  }
  std::string find(ByteView key, uint64_t at) const {
    const std::optional<Entry> entry = memtable.find(key, Timestamp{at});
    if (!entry) return "none";
    return entry->kind == Kind::remove ? "removed" : Bytes(entry->value);
  }
  static std::string text(const Entry* entry) {
    return entry == nullptr ? "none" : Bytes(entry->key) + "=" + Bytes(entry->value);
  }

  Memtable memtable{1};
};

TEST(ApplyTest, ABatchOfRangeDeletesCostsNoMoreThanItHolds) {
  Memtable memtable(1);
  Batch batch;
  for (int i = 1000; i < 2000; ++i)
    ASSERT_TRUE(batch.delete_range(std::to_string(i) + "a", std::to_string(i) + "b").ok());
  Applier applier(memtable);
  applier.apply(batch, Timestamp{1});
  applier.finish();
  EXPECT_EQ(memtable.range_delete_count(), 1000u);
  EXPECT_LT(memtable.size(), 1u << 20);
}

TEST(ApplyTest, BatchesThatGoInTogetherKeepTheirOrder) {
  Memtable memtable(1);
  std::vector<Batch> batches(20);
  for (size_t i = 0; i < batches.size(); ++i) {
    ASSERT_TRUE(batches[i].put("every", std::to_string(i)).ok());
    ASSERT_TRUE(batches[i].put("twice", "first").ok());
    ASSERT_TRUE(batches[i].put("twice", std::to_string(i)).ok());
    ASSERT_TRUE(batches[i].put("own " + std::to_string(i), "v").ok());
  }
  ASSERT_TRUE(batches[10].delete_range("own", "own 5").ok());
  ASSERT_TRUE(batches[11].put("own 1", "again").ok());
  Applier applier(memtable);
  for (size_t i = 0; i < batches.size(); ++i) applier.apply(batches[i], Timestamp{i + 1});
  applier.finish();
  for (size_t i = 0; i < batches.size(); ++i) {
    const Timestamp at{i + 1};
    EXPECT_EQ(memtable.find("every", at)->value, std::to_string(i));
    EXPECT_EQ(memtable.find("twice", at)->value, std::to_string(i));
    // What the range delete of its own batch hides is left out.
    EXPECT_EQ(memtable.find("own " + std::to_string(i), at).has_value(), i != 10);
  }
  EXPECT_EQ(memtable.find("own 1", kTimestampMax)->value, "again");
  EXPECT_EQ(memtable.newest_commit(), Timestamp{20});
}

TEST_F(MemtableTest, APutThatIsOnlyGatheredIsALaterPut) {
  gather("b", 4, "4");
  EXPECT_TRUE(memtable.has_put_after(Timestamp{3}, "b", "c"));
  EXPECT_FALSE(memtable.has_put_after(Timestamp{4}, "b", "c"));
}

TEST_F(MemtableTest, FindsTheNewestVersionAtAMoment) {
  put("k", 5, "five");
  put("k", 8, "eight");
  memtable.insert({"k", Timestamp{10}, Kind::remove, ""});
  EXPECT_EQ(find("k", 4), "none");
  EXPECT_EQ(find("k", 5), "five");
  EXPECT_EQ(find("k", 9), "eight");
  EXPECT_EQ(find("k", 10), "removed");
  EXPECT_EQ(find("j", 10), "none");
  EXPECT_EQ(find("kk", 10), "none");
}

TEST_F(MemtableTest, CountsWhatManyThreadsInsert) {
  {
    std::vector<std::jthread> threads;
    for (uint64_t writer = 0; writer < 4; ++writer) {
      threads.emplace_back([&, writer] {
        for (uint64_t i = 0; i < 1000; ++i) put(std::to_string(i), 10 + i * 4 + writer, "v");
      });
    }
  }
  EXPECT_EQ(memtable.entry_count(), 4000u);
  EXPECT_EQ(memtable.oldest_commit(), Timestamp{10});
  EXPECT_EQ(memtable.newest_commit(), Timestamp{10 + 999 * 4 + 3});
}

TEST_F(MemtableTest, KnowsWhatIsInIt) {
  EXPECT_TRUE(memtable.empty());
  put("b", 7, "v");
  put("a", 3, "v");
  memtable.add({"a", "c", false, Timestamp{9}});
  EXPECT_FALSE(memtable.empty());
  EXPECT_EQ(memtable.entry_count(), 2u);
  EXPECT_EQ(memtable.range_delete_count(), 1u);
  EXPECT_EQ(memtable.oldest_commit(), Timestamp{3});
  EXPECT_EQ(memtable.newest_commit(), Timestamp{9});
}

TEST_F(MemtableTest, SizeGrowsWithWhatIsPutIn) {
  const size_t before = memtable.size();
  put("k", 1, Bytes(100000, 'v'));
  EXPECT_GE(memtable.size(), before + 100000);
  const size_t after = memtable.size();
  memtable.add({Bytes(1000, 'a'), Bytes(1000, 'b'), false, Timestamp{2}});
  EXPECT_GE(memtable.size(), after + 2000);
}

TEST_F(MemtableTest, CursorMovesBothWaysAndEndsNowhere) {
  put("a", 1, "1");
  put("b", 2, "2");
  put("b", 3, "3");
  const std::unique_ptr<Cursor> cursor = memtable.cursor();
  EXPECT_EQ(text(cursor->seek({})), "a=1");
  EXPECT_EQ(text(cursor->next()), "b=3");
  EXPECT_EQ(text(cursor->next()), "b=2");
  EXPECT_EQ(text(cursor->prev()), "b=3");
  EXPECT_EQ(text(cursor->prev()), "a=1");
  EXPECT_EQ(text(cursor->prev()), "none");
  EXPECT_EQ(text(cursor->seek_last()), "b=2");
  EXPECT_EQ(text(cursor->next()), "none");
  EXPECT_EQ(text(cursor->seek_before({"b"})), "a=1");
  EXPECT_EQ(text(cursor->seek({"c"})), "none");
  EXPECT_TRUE(cursor->status().ok());
}

TEST_F(MemtableTest, OfOneBatchTheLaterWriteWinsWhicheverWayOneComes) {
  put("a", 1, "a");
  put("k", 5, "lost");
  put("k", 5, "lost too");
  put("k", 5, "wins");
  put("z", 1, "z");
  EXPECT_EQ(find("k", 5), "wins");
  const std::unique_ptr<Cursor> cursor = memtable.cursor();
  EXPECT_EQ(text(cursor->seek({"a"})), "a=a");
  EXPECT_EQ(text(cursor->next()), "k=wins");
  EXPECT_EQ(text(cursor->next()), "z=z");
  EXPECT_EQ(text(cursor->prev()), "k=wins");
  EXPECT_EQ(text(cursor->prev()), "a=a");
  EXPECT_EQ(text(cursor->seek_before({"z"})), "k=wins");

  put("zz", 1, "lost");
  put("zz", 1, "last");
  EXPECT_EQ(text(cursor->seek_last()), "zz=last");
}

TEST_F(MemtableTest, WhatIsGatheredIsSeenLikeAnythingElse) {
  gather("b", 2, "2");
  gather("a", 3, "3");
  gather("b", 4, "4");
  EXPECT_EQ(find("b", 9), "4");
  EXPECT_EQ(find("b", 3), "2");
  EXPECT_EQ(find("b", 1), "none");
  EXPECT_TRUE(memtable.has_put_after(Timestamp{3}, "b", "c"));
  EXPECT_FALSE(memtable.has_put_after(Timestamp{3}, "a", "b"));
  gather("aa", 5, "5");
  EXPECT_EQ(all(), "a=3 aa=5 b=4 b=2 ");
  gather("a", 6, "6");
  memtable.settle();
  EXPECT_EQ(all(), "a=6 a=3 aa=5 b=4 b=2 ");
  EXPECT_EQ(memtable.entry_count(), 5u);
}

TEST_F(MemtableTest, EqualsThatAreGatheredKeepTheirOrder) {
  // More keys than the index has room for, of some batches in one call, and some entry by entry with readers in between.
  Random random(3);
  std::map<std::string, std::string> newest;
  std::vector<std::string> keys;
  std::vector<std::string> values;
  for (uint64_t commit = 1; commit < 600; ++commit) {
    keys.clear();
    values.clear();
    for (size_t i = 1 + random.below(40); i > 0; --i) {
      keys.push_back(std::to_string(random.below(random.one_in(2) ? 20 : 20000)));
      values.push_back(std::to_string(commit) + " " + std::to_string(i));
      newest[keys.back()] = values.back();
    }
    std::vector<Entry> entries;
    for (size_t i = 0; i < keys.size(); ++i)
      entries.push_back({keys[i], Timestamp{commit}, Kind::put, values[i]});
    if (random.one_in(2)) {
      memtable.gather(entries);
    } else {
      for (const Entry& entry : entries) {
        memtable.gather({&entry, 1});
        if (random.one_in(4)) memtable.cursor();
      }
    }
    for (const std::string& key : keys) ASSERT_EQ(find(key, commit), newest[key]);
  }
  const std::unique_ptr<Cursor> cursor = memtable.cursor();
  for (const auto& [key, value] : newest) {
    ASSERT_EQ(text(cursor->seek({key})), key + "=" + value);
    ASSERT_EQ(find(key, 10000), value);
  }
}

TEST_F(MemtableTest, ReadersSeeAllThatIsVisibleWhileItIsGathered) {
  // Commit t puts key t % kKeys with t as value: who sees t visible finds the last kKeys commits, by key and in order.
  constexpr uint64_t kCommits = 4000;
  constexpr uint64_t kKeys = 30;
  std::atomic<uint64_t> visible{0};
  std::atomic<uint64_t> wrong{0};
  {
    std::vector<std::jthread> threads;
    for (int reader = 0; reader < 4; ++reader) {
      threads.emplace_back([&, reader] {
        for (uint64_t at = 0; at < kCommits;) {
          at = visible.load(std::memory_order_acquire);
          if (at == 0) continue;
          const uint64_t oldest = at > kKeys ? at - kKeys + 1 : 1;
          for (uint64_t commit = oldest; reader % 2 == 0 && commit <= at; ++commit)
            if (find("key" + std::to_string(commit % kKeys), at) != std::to_string(commit)) ++wrong;
          const std::unique_ptr<Cursor> cursor = memtable.cursor();
          for (uint64_t commit = oldest; commit <= at; ++commit)
            if (text(cursor->seek({"key" + std::to_string(commit % kKeys), Timestamp{at}})) !=
                "key" + std::to_string(commit % kKeys) + "=" + std::to_string(commit))
              ++wrong;
          if (!memtable.has_put_after(Timestamp{at - 1}, "key", "kez")) ++wrong;
        }
      });
    }
    for (uint64_t commit = 1; commit <= kCommits; ++commit) {
      gather("key" + std::to_string(commit % kKeys), commit, std::to_string(commit));
      visible.store(commit, std::memory_order_release);
    }
  }
  EXPECT_EQ(wrong, 0u);
  memtable.settle();
  uint64_t count = 0;
  const std::unique_ptr<Cursor> cursor = memtable.cursor();
  for (const Entry* entry = cursor->seek({}); entry != nullptr; entry = cursor->next()) ++count;
  EXPECT_EQ(count, kCommits);
}

TEST_F(MemtableTest, RangeDeletesOfAMomentStayAsTheyWere) {
  memtable.add({"a", "m", false, Timestamp{5}});
  const RangeDeletes& before = memtable.range_deletes();
  memtable.add({"g", "", true, Timestamp{7}});
  EXPECT_EQ(before.newest_covering("h", kTimestampMax), Timestamp{5});
  EXPECT_EQ(memtable.range_deletes().newest_covering("h", kTimestampMax), Timestamp{7});
  EXPECT_EQ(memtable.range_deletes().newest_covering("h", Timestamp{6}), Timestamp{5});
}

TEST_F(MemtableTest, ReadersSeeAllOfAVisibleBatchAndItsRangeDeletes) {
  constexpr uint64_t kBatches = 200;
  constexpr uint64_t kKeys = 20;
  // Batch t deletes every key by range, then puts all of them anew with t as value.
  std::atomic<uint64_t> visible{0};
  std::atomic<uint64_t> wrong{0};
  {
    std::vector<std::jthread> threads;
    for (int reader = 0; reader < 4; ++reader) {
      threads.emplace_back([&] {
        for (uint64_t at = 0; at < kBatches;) {
          at = visible.load(std::memory_order_acquire);
          if (at == 0) continue;
          const std::string expected = std::to_string(at);
          for (uint64_t key = 0; key < kKeys; ++key)
            if (find("key" + std::to_string(key), at) != expected) ++wrong;
          if (memtable.range_deletes().newest_covering("key", Timestamp{at}) != Timestamp{at}) ++wrong;
          const std::unique_ptr<Cursor> cursor = memtable.cursor();
          uint64_t seen = 0;
          for (const Entry* entry = cursor->seek({}); entry != nullptr; entry = cursor->next())
            seen += entry->commit == Timestamp{at};
          if (seen != kKeys) ++wrong;
        }
      });
    }
    for (uint64_t at = 1; at <= kBatches; ++at) {
      memtable.add({"key", "kez", false, Timestamp{at}});
      for (uint64_t key = 0; key < kKeys; ++key) put("key" + std::to_string(key), at, std::to_string(at));
      visible.store(at, std::memory_order_release);
    }
  }
  EXPECT_EQ(wrong, 0u);
}

TEST(MemtableCursorTest, MovesLikeAVectorOfTheEntries) {
  Random random(1);
  for (int round = 0; round < 40; ++round) {
    Memtable memtable(random.next());
    auto entries = random_entries(random, 1 + random.below(400), 6, 10);
    std::vector<size_t> order(entries.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = i;
    for (size_t i = order.size(); i-- > 1;) std::swap(order[i], order[random.below(i + 1)]);
    const auto add = [&](const Entry& entry) {
      if (round % 4 < 2) {
        memtable.insert(entry);
      } else {
        memtable.gather({&entry, 1});
      }
    };
    // Some twice, as one batch may write them: the later counts.
    if (round % 2 == 0)
      for (const size_t i : order)
        if (random.one_in(3)) add({entries[i].key, Timestamp{entries[i].commit}, Kind::put, "first"});
    for (const size_t i : order) add(entries[i].view());

    const auto cursor = memtable.cursor();
    expect_moves_like(*cursor, entries, random, 300);
    ASSERT_FALSE(testing::Test::HasFatalFailure()) << "round " << round;
    // A long way back, over more nodes than are noted at once.
    size_t left = entries.size();
    for (const Entry* entry = cursor->seek_last(); entry != nullptr; entry = cursor->prev())
      ASSERT_EQ(OwnedEntry(*entry), entries[--left]);
    EXPECT_EQ(left, 0u);
  }
}

}  // namespace
}  // namespace coppice::engine
