// The power goes at the n-th file operation of a split, and of a batch over several shards, for every n.
#include <gtest/gtest.h>

#include "tests/actors/store_fixture.hpp"
#include "tests/support/memory_file_system.hpp"

namespace coppice::actors {
namespace {

class StoreCrashTest : public StoreFixture {
protected:
  StoreCrashTest() {
    options.directory = "/store";
    options.files = &files;
  }
  ~StoreCrashTest() override { store.reset(); }

  void put_synced(ByteView key, ByteView value) {
    const Result<Timestamp> done = store->put(key, value);
    ASSERT_TRUE(done.ok()) << to_string(done.error());
  }
  /// Every one of the alphabet, which can be cut behind any.
  Entries put_letters() {
    Entries all;
    for (char c = 'a'; c <= 'z'; ++c) {
      put_synced(Bytes(1, c), "1");
      all.emplace_back(Bytes(1, c), "1");
    }
    return all;
  }
  void crash_and_open(uint64_t seed) {
    store.reset();
    files.crash(seed);
    open();
  }

  engine::MemoryFileSystem files;
};

TEST_F(StoreCrashTest, ASplitThatIsCutOffAnywhereKeepsEveryWrite) {
  open();
  const Entries all = put_letters();
  size_t shards = 1;
  // Goes on a little past the first split that came to its end, into what is tidied up after it.
  int splits = 0;
  for (uint64_t stop = 0; splits < 5; ++stop) {
    ASSERT_LT(stop, 1000u);
    const Bytes at(1, static_cast<char>('b' + stop % 24));
    files.stop_after(stop);
    const Result<SplitShards> split = store->split(at);
    splits += split.ok() ? 1 : 0;
    crash_and_open(stop);
    ASSERT_EQ(dump(), all) << "stopped after " << stop;
    const size_t count = store->stats()->shards.size();
    // Acknowledged is kept; what was not may have happened all the same.
    ASSERT_GE(count, shards + (split.ok() ? 1 : 0)) << "stopped after " << stop;
    ASSERT_LE(count, shards + 1) << "stopped after " << stop;
    shards = count;
  }
}

TEST_F(StoreCrashTest, ASplitWhoseProcessEndsAnywhereKeepsEveryWriteThoughThePowerGoesNext) {
  open();
  const Entries all = put_letters();
  int splits = 0;
  for (uint64_t stop = 0; splits < 2; ++stop) {
    ASSERT_LT(stop, 1000u);
    files.stop_after(stop);
    splits += store->split(Bytes(1, static_cast<char>('b' + stop % 24))).ok() ? 1 : 0;
    store.reset();
    files.heal();
    open();
    store.reset();
    files.crash();
    open();
    ASSERT_EQ(dump(), all) << "ended after " << stop;
  }
}

TEST_F(StoreCrashTest, ABatchOverShardsThatIsCutOffAnywhereIsThereOnEveryShardOrOnNone) {
  options.boundaries = {"h", "q"};
  open();
  for (const char* key : {"a", "k", "z"}) put_synced(key, "0");
  Bytes last = "0";
  for (uint64_t stop = 0; stop < 12; ++stop) {
    const Bytes value = std::to_string(stop + 1);
    engine::Batch batch;
    for (const char* key : {"a", "k", "z"}) ASSERT_TRUE(batch.put(key, value).ok());
    files.stop_after(stop);
    const Result<Timestamp> written = store->write(std::move(batch));
    crash_and_open(stop);

    const Entries seen = dump();
    ASSERT_EQ(seen.size(), 3u);
    for (const auto& [key, found] : seen)
      ASSERT_EQ(found, seen[0].second) << key << ", stopped after " << stop;
    if (written.ok()) {
      ASSERT_EQ(seen[0].second, value) << "stopped after " << stop;
    } else {
      ASSERT_TRUE(seen[0].second == value || seen[0].second == last) << "stopped after " << stop;
    }
    last = seen[0].second;
  }
  EXPECT_EQ(last, "12");
}

}  // namespace
}  // namespace coppice::actors
