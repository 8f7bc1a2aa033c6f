// The parts of a merge are handed to several threads of the compactor pool.
#include <chrono>
#include <condition_variable>
#include <mutex>

#include <gtest/gtest.h>

#include "tests/actors/failing_files.hpp"
#include "tests/actors/store_fixture.hpp"

namespace coppice::actors {
namespace {

/// Whoever comes waits for another to come.
class Meeting {
public:
  void arm() {
    const std::lock_guard lock(mutex_);
    armed_ = true;
  }
  void come() {
    std::unique_lock lock(mutex_);
    if (!armed_) return;
    if (++here_ > 1) met_ = true;
    changed_.notify_all();
    // Only if nobody can come, which is what the test is to find, this is ever over.
    if (!changed_.wait_for(lock, std::chrono::seconds(10), [this] { return met_; })) armed_ = false;
    --here_;
  }
  bool met() {
    const std::lock_guard lock(mutex_);
    return met_;
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool armed_ = false;
  bool met_ = false;
  int here_ = 0;
};

class CompactorPoolTest : public StoreFixture {
protected:
  static constexpr int kKeyCount = 8'000;

  CompactorPoolTest() {
    options.files = &files;
    options.compactor_threads = 2;
    options.tree.memtable_size = 1 << 20;
  }
  ~CompactorPoolTest() override { store.reset(); }

  void fill(int step, const Bytes& value) {
    for (int number = 0; number < kKeyCount; number += step)
      put("key" + std::to_string(10'000 + number), value);
    ASSERT_TRUE(store->flush().ok());
  }

  FailingFiles files;
};

TEST_F(CompactorPoolTest, ThePartsOfAMergeRunAtOnce) {
  Meeting meeting;
  files.before_table = [&] { meeting.come(); };
  open();
  fill(1, Bytes(300, 'a'));
  ASSERT_TRUE(store->compact({}).ok());
  // One small table that meets all others: one merge.
  fill(100, "new");
  meeting.arm();
  ASSERT_TRUE(store->compact({}).ok());
  EXPECT_TRUE(meeting.met());
  const Entries entries = dump();
  ASSERT_EQ(entries.size(), static_cast<size_t>(kKeyCount));
  for (size_t number = 0; number < entries.size(); ++number)
    EXPECT_EQ(entries[number].second, number % 100 == 0 ? "new" : Bytes(300, 'a'));
}

}  // namespace
}  // namespace coppice::actors
