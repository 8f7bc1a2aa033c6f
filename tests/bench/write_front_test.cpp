#include "tests/bench/write_front.hpp"

#include <string>

#include <gtest/gtest.h>

namespace coppice::bench {
namespace {

class WriteFrontTest : public testing::TestWithParam<Durability> {};

// Synced, leaders wait for others, who go one after the other: what is left of them is not waited for in vain for ever.
INSTANTIATE_TEST_SUITE_P(EachDurability, WriteFrontTest,
                         testing::Values(Durability::buffered, Durability::synced));

TEST_P(WriteFrontTest, CommitsEveryWriteOnceByOneThreadAtATimeAndInItsOwnersOrder) {
  constexpr unsigned kThreads = 4;
  constexpr uint32_t kWrites = 5000;
  WriteFront front;
  // Written by whoever leads; no lock, so that the thread sanitizer sees two leaders.
  std::vector<uint32_t> committed(kThreads, 0);
  uint64_t groups = 0;
  bool in_order = true;

  std::vector<std::thread> threads;
  for (unsigned index = 0; index < kThreads; ++index) {
    threads.emplace_back([&, index] {
      PendingWrite mine;
      mine.durability = GetParam();
      for (uint32_t i = 0; i < kWrites; ++i) {
        mine.batch.clear();
        ASSERT_TRUE(mine.batch.put(std::to_string(index), std::to_string(i)).ok());
        front.commit(mine, [&](const std::vector<PendingWrite*>& group) {
          ++groups;
          for (const PendingWrite* write : group) {
            const auto operation = engine::Batch::Reader(write->batch).next();
            uint32_t& count = committed[std::stoul(std::string(operation->key))];
            in_order = in_order && std::to_string(count) == operation->value;
            ++count;
          }
        });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(committed, std::vector<uint32_t>(kThreads, kWrites));
  EXPECT_TRUE(in_order);
  EXPECT_GE(groups, 1u);
}

}  // namespace
}  // namespace coppice::bench
