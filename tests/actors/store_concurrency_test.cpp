// Many threads on one store while it flushes, merges and splits.
#include <array>
#include <atomic>
#include <random>
#include <thread>

#include <gtest/gtest.h>

#include "actors/write_group.hpp"
#include "tests/actors/store_fixture.hpp"
#include "tests/support/seed.hpp"

namespace coppice::actors {
namespace {

class StoreConcurrencyTest : public StoreFixture {
protected:
  static Bytes key_of(uint64_t number) {
    const std::string digits = std::to_string(number);
    return "key" + std::string(4 - std::min<size_t>(4, digits.size()), '0') + digits;
  }

  void run(const std::function<void()>& work) { threads.emplace_back(work); }
  void join() {
    for (std::thread& thread : threads) thread.join();
    threads.clear();
  }

  std::vector<std::thread> threads;
};

TEST_F(StoreConcurrencyTest, ReadersNeverSeeLessThanWasAcknowledgedBeforeTheyBegan) {
  constexpr uint64_t kKeys = 64;
  constexpr uint64_t kRounds = 60;
  constexpr int kWriters = 2;
  open();
  std::array<std::atomic<uint64_t>, kKeys> acknowledged{};
  std::atomic<bool> done{false};
  std::atomic<int> writing{kWriters};
  for (uint64_t writer = 0; writer < kWriters; ++writer)
    run([&, writer] {
      const Bytes padding(300, 'p');
      for (uint64_t round = 1; round <= kRounds; ++round)
        for (uint64_t key = writer; key < kKeys; key += kWriters) {
          const auto put = store->put(key_of(key), std::to_string(round) + padding, Durability::buffered);
          ASSERT_TRUE(put.ok()) << to_string(put.error());
          acknowledged[key].store(round, std::memory_order_release);
        }
      --writing;
    });
  for (uint64_t reader = 0; reader < 2; ++reader)
    run([&, reader] {
      std::mt19937_64 random(reader);
      while (!done.load()) {
        const uint64_t key = random() % kKeys;
        const uint64_t least = acknowledged[key].load(std::memory_order_acquire);
        const auto value = store->get(key_of(key));
        ASSERT_TRUE(value.ok()) << to_string(value.error());
        const uint64_t seen = value->has_value() ? std::stoull(**value) : 0;
        ASSERT_GE(seen, least) << key_of(key);
      }
    });

  // Cut where it hurts, while all of that goes on.
  for (const uint64_t cut : std::initializer_list<uint64_t>{32, 16, 48, 8, 40}) {
    const auto split = store->split(key_of(cut));
    ASSERT_TRUE(split.ok()) << to_string(split.error());
    ASSERT_TRUE(store->flush().ok());
    ASSERT_TRUE(store->compact({key_of(cut), std::nullopt}).ok());
  }
  while (writing.load() > 0) std::this_thread::yield();
  done = true;
  join();

  EXPECT_EQ(store->stats()->shards.size(), 6u);
  reopen();
  for (uint64_t key = 0; key < kKeys; ++key) EXPECT_EQ(std::stoull(*get(key_of(key))), kRounds);
}

TEST_F(StoreConcurrencyTest, ABatchOverShardsIsSeenWholeOrNotAtAll) {
  options.boundaries = {key_of(2), key_of(4), key_of(6)};
  open();
  std::atomic<bool> done{false};
  std::atomic<int> writing{2};
  for (int writer = 0; writer < 2; ++writer)
    run([&, writer] {
      for (int round = 0; round < 60; ++round) {
        engine::Batch batch;
        const Bytes value = std::to_string(writer) + ":" + std::to_string(round);
        for (uint64_t key = 0; key < 8; ++key) ASSERT_TRUE(batch.put(key_of(key), value).ok());
        const auto written = store->write(std::move(batch));
        ASSERT_TRUE(written.ok()) << to_string(written.error());
      }
      --writing;
    });
  const auto expect_one_value = [](const std::vector<std::optional<Bytes>>& values) {
    for (const std::optional<Bytes>& value : values) ASSERT_EQ(value, values.front());
  };
  run([&] {
    std::vector<Bytes> keys;
    for (uint64_t key = 0; key < 8; ++key) keys.push_back(key_of(key));
    while (!done.load()) {
      const auto values = store->get_many(keys);
      ASSERT_TRUE(values.ok()) << to_string(values.error());
      expect_one_value(*values);
    }
  });
  run([&] {
    while (!done.load()) {
      std::vector<std::optional<Bytes>> values;
      for (auto& [key, value] : dump()) values.emplace_back(value);
      ASSERT_TRUE(values.empty() || values.size() == 8u);
      if (!values.empty()) expect_one_value(values);
    }
  });
  run([&] {
    while (!done.load()) {
      const auto snapshot = store->snapshot();
      ASSERT_TRUE(snapshot.ok()) << to_string(snapshot.error());
      std::vector<std::optional<Bytes>> values;
      for (uint64_t key = 0; key < 8; ++key) {
        const auto value = store->get(key_of(key), *snapshot);
        ASSERT_TRUE(value.ok()) << to_string(value.error());
        values.push_back(*value);
      }
      expect_one_value(values);
    }
  });
  for (const uint64_t cut : std::initializer_list<uint64_t>{1, 3, 5, 7}) {
    const auto split = store->split(key_of(cut));
    ASSERT_TRUE(split.ok()) << to_string(split.error());
  }
  while (writing.load() > 0) std::this_thread::yield();
  done = true;
  join();
  const Entries before = dump();
  EXPECT_EQ(before.size(), 8u);
  reopen();
  EXPECT_EQ(dump(), before);
}

TEST_F(StoreConcurrencyTest, BatchesOverShardsThatCommitTogetherHaveOnlySoManyRangeDeletes) {
  options.boundaries = {"m"};
  open();
  constexpr uint32_t kBatches = 4 * kGroupRangeDeletesMax;
  std::atomic<uint32_t> answered{0};
  for (uint32_t i = 0; i < kBatches; ++i) {
    engine::Batch batch;
    ASSERT_TRUE(batch.delete_range("a", "z").ok());
    store->write(std::move(batch), Durability::buffered, [&](const Result<Timestamp>& done) {
      EXPECT_TRUE(done.ok()) << to_string(done.error());
      ++answered;
    });
  }
  while (answered.load() < kBatches) std::this_thread::yield();
  // However few groups their coming so fast would make.
  const auto stats = store->stats();
  for (const ShardStats& shard : stats->shards) EXPECT_GE(shard.groups, kBatches / kGroupRangeDeletesMax);
}

TEST_F(StoreConcurrencyTest, SnapshotsDoNotMoveWhileTheStoreIsCut) {
  options.boundaries = {key_of(500)};
  open();
  std::atomic<bool> done{false};
  run([&] {
    std::mt19937_64 random(1);
    while (!done.load()) {
      engine::Batch batch;
      for (int i = 0; i < 20; ++i) ASSERT_TRUE(batch.put(key_of(random() % 1000), Bytes(50, 'v')).ok());
      ASSERT_TRUE(batch.delete_range(key_of(random() % 1000), "").ok());
      ASSERT_TRUE(store->write(std::move(batch), Durability::buffered).ok());
    }
  });
  run([&] {
    while (!done.load()) {
      const Result<SnapshotHandle> snapshot = store->snapshot();
      ASSERT_TRUE(snapshot.ok()) << to_string(snapshot.error());
      const Entries first = dump_at(*snapshot);
      ASSERT_TRUE(store->flush().ok());
      ASSERT_EQ(dump_at(*snapshot), first);
    }
  });
  for (const uint64_t cut : std::initializer_list<uint64_t>{250, 750, 125, 875}) {
    ASSERT_TRUE(store->split(key_of(cut)).ok());
    ASSERT_TRUE(store->compact().ok());
  }
  done = true;
  join();
}

TEST_F(StoreConcurrencyTest, WritesOfOneThreadStayInOrderThroughSplits) {
  open();
  constexpr int kWrites = 3000;
  std::atomic<int> answered{0};
  run([&] {
    for (int i = 0; i < kWrites; ++i) {
      engine::Batch batch;
      ASSERT_TRUE(batch.put("key", std::to_string(i)).ok());
      store->write(std::move(batch), Durability::buffered, [&](const Result<Timestamp>& done) {
        EXPECT_TRUE(done.ok()) << to_string(done.error());
        ++answered;
      });
    }
  });
  for (const char* cut : {"l", "k", "key", "m"}) ASSERT_TRUE(store->split(cut).ok());
  join();
  while (answered.load() < kWrites) std::this_thread::yield();
  EXPECT_EQ(get("key"), std::to_string(kWrites - 1));
}

TEST_F(StoreConcurrencyTest, AFullQueueAnswersUnavailableAndLosesNothing) {
  options.queue_operations_max = 16;
  open();
  std::atomic<int> kept{0};
  std::atomic<int> refused{0};
  constexpr int kWrites = 500;
  for (int i = 0; i < kWrites; ++i) {
    engine::Batch batch;
    ASSERT_TRUE(batch.put(key_of(static_cast<uint64_t>(i)), "v").ok());
    store->write(std::move(batch), Durability::synced, [&](const Result<Timestamp>& done) {
      if (!done.ok()) {
        EXPECT_EQ(done.error().code, Errc::unavailable);
        EXPECT_GT(done.error().retry_after_ms, 0u);
      }
      ++(done.ok() ? kept : refused);
    });
  }
  while (kept.load() + refused.load() < kWrites) std::this_thread::yield();
  EXPECT_GT(refused.load(), 0);
  EXPECT_EQ(dump().size(), static_cast<size_t>(kept.load()));
}

}  // namespace
}  // namespace coppice::actors
