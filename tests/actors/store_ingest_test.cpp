// Files that were built outside, on a whole store.
#include <atomic>
#include <filesystem>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/in_memory/memory_engine.hpp"
#include "tests/actors/failing_files.hpp"
#include "tests/actors/store_fixture.hpp"
#include "tests/support/keys.hpp"
#include "tests/support/memory_file_system.hpp"
#include "tests/support/sorted_files.hpp"

namespace coppice::actors {
namespace {

using engine::SortedItems;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class StoreIngestTest : public StoreFixture {
protected:
  StoreIngestTest() { options.boundaries = {"h", "q"}; }

  std::string build(const SortedItems& items) {
    const std::string path = directory.path() + "/file" + std::to_string(++built_);
    const Status built = engine::build_file(files, path, items, {.keys = options.keys});
    EXPECT_TRUE(built.ok()) << to_string(built.error());
    return path;
  }
  static SortedItems letters(const Bytes& value) {
    SortedItems items;
    for (char letter = 'a'; letter <= 'z'; ++letter) items[Bytes(1, letter)] = value;
    return items;
  }
  static Entries entries_of(const SortedItems& items) {
    Entries entries;
    for (const auto& [key, value] : items) entries.emplace_back(key, *value);
    return entries;
  }
  Errc refusal(std::vector<std::string> paths) {
    const auto done = store->ingest(std::move(paths));
    EXPECT_FALSE(done.ok());
    return done.ok() ? Errc::cancelled : done.error().code;
  }
  std::vector<std::string> staged() {
    const auto names = files.list(options.directory + "/ingest");
    return names.ok() ? *names : std::vector<std::string>();
  }

  FailingFiles files;

private:
  int built_ = 0;
};

TEST_F(StoreIngestTest, AFileOverSeveralShardsIsThereAtOneMoment) {
  open();
  for (const char* key : {"a", "k", "z", "zz"}) put(key, "old");
  const auto before = store->snapshot();
  ASSERT_TRUE(before.ok());

  const auto ingested = store->ingest({build(letters("new"))});

  ASSERT_TRUE(ingested.ok()) << to_string(ingested.error());
  EXPECT_EQ(ingested->files, 1u);
  EXPECT_EQ(ingested->entries, 26u);
  EXPECT_GT(ingested->commit, (*before)->timestamp());
  Entries expected = entries_of(letters("new"));
  expected.emplace_back("zz", "old");
  EXPECT_EQ(dump(), expected);
  EXPECT_EQ(dump_at(*before), (Entries{{"a", "old"}, {"k", "old"}, {"z", "old"}, {"zz", "old"}}));
  for (const char* key : {"b", "i", "y"}) EXPECT_EQ(store->get_versioned(key)->version, ingested->commit);
  EXPECT_THAT(staged(), IsEmpty());

  put("b", "later");
  expected[1].second = "later";
  ASSERT_TRUE(store->compact().ok());
  EXPECT_EQ(dump(), expected);
  reopen();
  EXPECT_EQ(dump(), expected);
  EXPECT_THAT(store->verify()->problems, IsEmpty());
}

TEST_F(StoreIngestTest, SeveralFilesComeTogether) {
  open();
  const auto ingested =
      store->ingest({build({{"x", "1"}, {"y", "1"}}), build({{"a", "1"}}), build({{"b", "1"}, {"k", "1"}})});
  ASSERT_TRUE(ingested.ok()) << to_string(ingested.error());
  EXPECT_EQ(ingested->files, 3u);
  EXPECT_EQ(dump(), (Entries{{"a", "1"}, {"b", "1"}, {"k", "1"}, {"x", "1"}, {"y", "1"}}));
  EXPECT_EQ(store->get_versioned("a")->version, store->get_versioned("y")->version);
}

TEST_F(StoreIngestTest, WhatIsNoSortedFileIsRefusedAndNothingChanges) {
  open();
  put("a", "old");
  const std::string good = build({{"a", "new"}, {"m", "new"}});
  const std::string overlapping = build({{"b", "new"}});
  const std::string damaged = build(letters(Bytes(500, 'v')));
  Bytes content = *engine::read_file(files, damaged, 1 << 20);
  content[100] = static_cast<char>(content[100] ^ 1);
  ASSERT_TRUE(engine::replace_file(files, damaged, content).ok());
  const std::string text = directory.path() + "/text";
  ASSERT_TRUE(engine::replace_file(files, text, "a\t1\n").ok());

  EXPECT_EQ(refusal({}), Errc::invalid_argument);
  EXPECT_EQ(refusal(std::vector<std::string>(kIngestFilesMax + 1, good)), Errc::invalid_argument);
  EXPECT_EQ(refusal({"file1"}), Errc::invalid_argument);
  EXPECT_EQ(refusal({directory.path() + "/none"}), Errc::not_found);
  EXPECT_EQ(refusal({good, overlapping}), Errc::invalid_argument);
  EXPECT_EQ(refusal({good, good}), Errc::invalid_argument);
  EXPECT_EQ(refusal({text}), Errc::corruption);
  EXPECT_EQ(refusal({directory.path()}), Errc::io_error);
  const auto refused = store->ingest({build({{"q", "new"}}), damaged});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Errc::corruption);
  EXPECT_THAT(refused.error().text, HasSubstr(damaged));

  EXPECT_EQ(dump(), (Entries{{"a", "old"}}));
  EXPECT_THAT(staged(), IsEmpty());
  EXPECT_TRUE(store->ingest({good}).ok());
}

TEST_F(StoreIngestTest, AnEncryptedStoreRefusesAPlainFile) {
  open();
  const std::string plain = build({{"a", "1"}});
  ASSERT_TRUE(store->close().ok());
  store.reset();
  options.keys = engine::ring('a');
  open();
  EXPECT_EQ(refusal({plain}), Errc::invalid_argument);
  EXPECT_TRUE(store->ingest({build({{"a", "2"}})}).ok());
  EXPECT_EQ(get("a"), "2");
}

TEST_F(StoreIngestTest, AnEncryptedStoreTakesWhatWasBuiltWithItsKeyAndNothingLiesInPlain) {
  options.keys = engine::ring('a');
  open();
  ASSERT_TRUE(store->ingest({build(letters("a secret word"))}).ok());
  put("k", "another");
  reopen();
  Entries expected = entries_of(letters("a secret word"));
  expected[10].second = "another";
  EXPECT_EQ(dump(), expected);
  ASSERT_TRUE(store->compact().ok());
  EXPECT_EQ(dump(), expected);
  EXPECT_THAT(store->verify()->problems, IsEmpty());
  ASSERT_TRUE(store->close().ok());
  store.reset();
  for (const auto& file : std::filesystem::recursive_directory_iterator(options.directory)) {
    if (!file.is_regular_file()) continue;
    const auto content = engine::read_file(files, file.path(), 1 << 30);
    EXPECT_EQ(content->find("secret"), Bytes::npos) << file.path();
  }
}

TEST_F(StoreIngestTest, FilesOneAboveTheOtherAreMergedMeanwhile) {
  options.boundaries = {};
  open();
  for (int round = 1; round <= 60; ++round) {
    const auto ingested = store->ingest({build(letters(std::to_string(round)))});
    ASSERT_TRUE(ingested.ok()) << to_string(ingested.error());
  }
  const auto stats = store->stats();
  ASSERT_TRUE(stats.ok());
  EXPECT_EQ(stats->shards.front().tree.tables_ingested, 60u);
  EXPECT_GE(stats->shards.front().tree.merges, 5u);
  EXPECT_EQ(dump(), entries_of(letters("60")));
}

TEST_F(StoreIngestTest, SoDoesAStoreInMemory) {
  const engine::MemoryEngine in_memory;
  options.storage = &in_memory;
  open();
  put("k", "old");
  const auto before = store->snapshot();
  ASSERT_TRUE(before.ok());
  for (int round = 0; round < 40; ++round) {
    const auto ingested = store->ingest({build(letters(std::to_string(round)))});
    ASSERT_TRUE(ingested.ok()) << to_string(ingested.error());
  }
  EXPECT_EQ(dump_at(*before), (Entries{{"k", "old"}}));
  ASSERT_TRUE(store->split("d").ok());
  put("e", "later");
  ASSERT_TRUE(store->flush().ok());
  Entries expected = entries_of(letters("39"));
  expected[4].second = "later";
  EXPECT_EQ(dump(), expected);
  reopen();
  EXPECT_EQ(dump(), expected);
  ASSERT_TRUE(store->close().ok());
  store.reset();
}

TEST_F(StoreIngestTest, ACheckpointHasWhatWasIngested) {
  open();
  const auto ingested = store->ingest({build(letters("new"))});
  ASSERT_TRUE(ingested.ok());
  const auto path = store->checkpoint_path("copy");
  ASSERT_TRUE(path.ok());
  ASSERT_TRUE(store->checkpoint(*path).ok());
  put("a", "later");
  ASSERT_TRUE(store->close().ok());
  store.reset();

  options.directory = *path;
  open();
  EXPECT_EQ(dump(), entries_of(letters("new")));
  EXPECT_EQ(store->get_versioned("z")->version, ingested->commit);
  ASSERT_TRUE(store->close().ok());
  store.reset();
}

TEST_F(StoreIngestTest, AShardThatCannotTakeItsPartKeepsTheOthersFromTakingTheirs) {
  options.files = &files;
  open();
  const std::string path = build(letters("new"));
  put("a", "old");
  ASSERT_TRUE(store->flush().ok());
  files.break_below("shards/000003");

  EXPECT_FALSE(store->ingest({path}).ok());

  EXPECT_EQ(dump(), (Entries{{"a", "old"}}));
  files.heal();
  put("b", "goes on");
  ASSERT_TRUE(store->ingest({path}).ok());
  EXPECT_EQ(dump(), entries_of(letters("new")));
  store.reset();
}

TEST_F(StoreIngestTest, AShardThatFailsInTheMidstIsSaidAndIngestingAgainMakesItWhole) {
  options.files = &files;
  open();
  const std::string path = build(letters("new"));
  files.break_below("shards/000002/MANIFEST");

  const auto failed = store->ingest({path});

  ASSERT_FALSE(failed.ok());
  EXPECT_THAT(failed.error().text, HasSubstr("ingest them again"));
  files.heal();
  for (Result<Ingested> again = store->ingest({path}); !again.ok(); again = store->ingest({path})) {
    ASSERT_EQ(again.error().code, Errc::unavailable) << to_string(again.error());
    std::this_thread::yield();
  }
  EXPECT_EQ(dump(), entries_of(letters("new")));
  store.reset();
}

TEST_F(StoreIngestTest, SnapshotsSeeAllOfAFileOrNothingAndNoWriteIsLost) {
  constexpr int kRounds = 25;
  open();
  ASSERT_TRUE(store->ingest({build(letters("0"))}).ok());
  std::atomic<bool> done{false};
  std::atomic<uint64_t> looked{0};
  std::vector<std::thread> threads;
  // Beside the file's keys, and on each shard.
  uint64_t written = 0;
  threads.emplace_back([&] {
    for (; !done.load(); ++written) {
      engine::Batch batch;
      for (const char* key : {"a+", "k+", "z+"}) ASSERT_TRUE(batch.put(key, std::to_string(written)).ok());
      const auto put = store->write(std::move(batch), Durability::buffered);
      ASSERT_TRUE(put.ok()) << to_string(put.error());
    }
  });
  threads.emplace_back([&] {
    for (; !done.load(); ++looked) {
      const auto snapshot = store->snapshot();
      ASSERT_TRUE(snapshot.ok()) << to_string(snapshot.error());
      const Bytes first = **store->get("a", *snapshot);
      for (const auto& [key, value] : dump_at(*snapshot)) {
        ASSERT_TRUE(key.size() > 1 || value == first) << key;
      }
    }
  });
  threads.emplace_back([&] {
    int last = 0;
    while (!done.load()) {
      const int seen = std::stoi(**store->get("k"));
      ASSERT_GE(seen, last);
      last = seen;
    }
  });

  for (int round = 1; round <= kRounds; ++round) {
    const auto ingested = store->ingest({build(letters(std::to_string(round)))});
    ASSERT_TRUE(ingested.ok()) << to_string(ingested.error());
    ASSERT_EQ(get("z"), std::to_string(round));
    ASSERT_TRUE(round != 8 || store->split("d").ok());
    ASSERT_TRUE(round != 16 || store->compact().ok());
  }
  while (looked.load() < 3) std::this_thread::yield();
  done = true;
  for (std::thread& thread : threads) thread.join();

  for (const char* key : {"a+", "k+", "z+"}) EXPECT_EQ(get(key), std::to_string(written - 1));
  reopen();
  EXPECT_EQ(get("m"), std::to_string(kRounds));
  for (const char* key : {"a+", "k+", "z+"}) EXPECT_EQ(get(key), std::to_string(written - 1));
}

TEST_F(StoreIngestTest, NoShardHasHalfOfAFileWhereverThePowerGoes) {
  engine::MemoryFileSystem disk;
  options.directory = "/store";
  options.files = &disk;
  open();
  Bytes last = "0";
  ASSERT_TRUE(engine::build_file(disk, "/file", letters(last)).ok());
  ASSERT_TRUE(store->ingest({"/file"}).ok());
  int whole = 0;
  for (uint64_t stop = 0; whole < 3; ++stop) {
    ASSERT_LT(stop, 1000u);
    SCOPED_TRACE("stopped after " + std::to_string(stop));
    const Bytes value = std::to_string(stop + 1);
    const std::string path = "/file" + value;
    ASSERT_TRUE(engine::build_file(disk, path, letters(value)).ok());
    disk.stop_after(stop);
    const bool ingested = store->ingest({path}).ok();
    store.reset();
    disk.crash(stop);
    open();

    const auto expect_one = [&](char begin, char end) {
      const Bytes first = *get(Bytes(1, begin));
      EXPECT_TRUE(first == value || (!ingested && first == last)) << first;
      for (char letter = begin; letter < end; ++letter) EXPECT_EQ(get(Bytes(1, letter)), first);
    };
    expect_one('a', 'h');
    expect_one('h', 'q');
    expect_one('q', '{');
    whole += ingested ? 1 : 0;
    // What a crash has left is gone, and ingesting again makes it whole.
    EXPECT_FALSE(*disk.exists("/store/ingest"));
    ASSERT_TRUE(store->ingest({path}).ok());
    EXPECT_EQ(dump(), entries_of(letters(value)));
    last = value;
  }
  store.reset();
}

}  // namespace
}  // namespace coppice::actors
