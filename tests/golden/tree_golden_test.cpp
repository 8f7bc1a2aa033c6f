// Trees that earlier builds wrote must open for ever. One directory a format: tree-format-<n>.
//
// After a change of a format, raise its number, add a directory by
//   COPPICE_WRITE_GOLDEN=tests/golden/tree-format-<n> engine_test --gtest_filter='TreeGoldenTest.*'
// and leave the old ones as they are. A directory whose name ends in -encrypted is written with a key; one that ends in -large has a
// table with a filter in parts and a dictionary besides; of one that ends in -ingested the first table was built outside; one that ends in
// -cold has a second directory in it.
#include <cstdlib>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/io/file_names.hpp"
#include "engine/io/posix_file.hpp"
#include "engine/mend/table_summary.hpp"
#include "tests/support/damage.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/keys.hpp"
#include "tests/support/memory_file_system.hpp"
#include "tests/support/sorted_files.hpp"
#include "tests/support/tree_stand.hpp"

namespace coppice::engine {
namespace {

using ::testing::IsEmpty;

class TreeGoldenTest : public ::testing::Test {
protected:
  static void ok(const Status& status) { ASSERT_TRUE(status.ok()) << to_string(status.error()); }

  static Bytes key(int number) { return "key " + std::to_string(1000 + number); }

  // So many that a filter which lets hardly anything pass is stored in parts.
  static constexpr int kLargeCount = 27'000;
  static constexpr uint32_t kLargeFlags = kTableFilterPartitioned | kTableDictionary;
  static Bytes large_key(int number) { return "large " + std::to_string(100'000 + number); }
  /// Those that a dictionary is trained of are rows.
  static Bytes large_value(int number) {
    if (number >= 3'000) return {};
    return R"({"order": )" + std::to_string(7 * number % 1'000) + R"(, "status": ")" +
           (number % 3 == 0 ? "delivered" : "under way") + R"(", "currency": "EUR", "returned": false})";
  }

  static TreeStand::Items expected(bool is_large) {
    TreeStand::Items items;
    for (int number = 0; is_large && number < kLargeCount; ++number)
      items[large_key(number)] = large_value(number);
    for (int number = 0; number < 300; ++number) items[key(number)] = "value " + std::to_string(number);
    for (int number = 0; number < 300; number += 7) items[key(number)] = Bytes(300, 'z');
    for (int number = 50; number < 60; ++number) items.erase(key(number));
    for (int number = 100; number < 120; ++number) items.erase(key(number));
    items[key(110)] = "again";
    items.erase(key(290));
    items["shared"] = "by two shards";
    return items;
  }

  /// A moment of the history, which trees keep from format 6 on, and what was there.
  static constexpr Timestamp kThen = first_of_millisecond(1'000'500);
  static TreeStand::Items expected_then() { return {{key(3), "early"}}; }

  /// A table of every compression, with every kind of entry, a file of values, and two logs with every kind of record, one of them sealed.
  /// From 1'000'000 ms on by `clock`, which is the stand's. Most of the first table is built outside if `sorted` is the name of a file
  /// to build it in.
  static void write(FileSystem& files, TreeStand& stand, FakeClock& clock, bool is_large,
                    const std::string& sorted) {
    stand.options.retention_ms = 3'600'000;
    ok(stand.create());
    ok(stand.open());
    ok(stand.put(key(3), "early"));
    clock.pass(500);
    stand.tree->advance(kThen);
    clock.pass(500);
    SortedItems items;
    for (int number = 0; number < 300; ++number) {
      const Bytes value = "value " + std::to_string(number);
      items[key(number)] = value.substr(0, is_merged(number) ? 5 : Bytes::npos);
    }
    if (sorted.empty()) {
      for (const auto& [at, value] : items) ok(stand.put(at, *value));
      ok(stand.flush());
    } else {
      ok(build_file(files, sorted, items, {.keys = stand.keys, .seed = 1}));
      ok(ingest_file(files, stand, sorted));
      ok(files.remove(sorted));
    }
    stand.options.value_threshold = 256;
    reopen(stand, Compression::lz4);
    for (int number = 0; number < 300; number += 7) ok(stand.put(key(number), Bytes(300, 'z')));
    for (int number = 50; number < 60; ++number) ok(stand.remove(key(number)));
    for (int number = 0; number < 300; ++number)
      if (is_merged(number)) merge(stand, key(number), " ");
    put_times(stand, 5);
    ok(stand.flush());
    if (!stand.cold_directory.empty()) ok(stand.compact());
    reopen(stand, Compression::zstd);
    ok(stand.delete_range(key(100), key(120)));
    ok(stand.put(key(110), "again"));
    ok(stand.flush());
    if (is_large) write_large(stand);
    ok(stand.remove(key(290)));
    for (int number = 0; number < 300; ++number)
      if (is_merged(number)) merge(stand, key(number), std::to_string(number));
    put_times(stand, 6);
    ok(stand.tree->seal_memtable());
    Batch own;
    ok(own.put("shared", "by two shards"));
    const SpanningPart parts[] = {{1, own.bytes()}, {2, own.bytes()}};
    const GroupWrite group[] = {{&own, stand.tick(), parts}};
    ok(stand.tree->log_group(group));
    stand.tree->apply_group(group);
    stand.drop();
  }
  /// Some that expire when no time is left, and some that do before anybody reads them. The large ones lie apart.
  static void put_times(TreeStand& stand, int number) {
    ok(stand.put_until(key(number), "value " + std::to_string(number), UINT64_MAX));
    ok(stand.put_until(key(7 * number), Bytes(300, 'z'), UINT64_MAX));
    ok(stand.put_until("over " + std::to_string(number), "gone", kReadMs - 1));
    ok(stand.put_until("over too " + std::to_string(number), Bytes(300, 'o'), kReadMs));
  }
  static constexpr uint64_t kReadMs = 2'000'000;
  static void write_large(TreeStand& stand) {
    const TreeShape small = stand.options;
    ok(stand.tree->close());
    stand.options.memtable_size = stand.options.table_size = 8 << 20;
    stand.options.block_size = 4 << 10;
    stand.options.filter_false_positive_rate = 1e-9;
    stand.options.compression = {Compression::zstd};
    ok(stand.open());
    for (int number = 0; number < kLargeCount;) {
      Batch batch;
      for (const int end = number + 1'000; number < end; ++number)
        ok(batch.put(large_key(number), large_value(number)));
      ok(stand.write(batch));
    }
    ok(stand.flush());
    ok(stand.tree->close());
    stand.options = small;
    // A table so large is no reason to wait for merges.
    stand.options.memtable_size = stand.options.table_size = 8 << 20;
    ok(stand.open());
  }
  /// Of all tables.
  static uint32_t flags(FileSystem& files, const TreeStand& stand) {
    uint32_t flags = 0;
    const auto names = files.list(stand.directory());
    for (const std::string& name : *names) {
      if (!name.ends_with(".sst")) continue;
      const auto footer = read_footer(**files.open(stand.path(name)));
      EXPECT_TRUE(footer.ok()) << name;
      flags |= footer->flags;
    }
    return flags;
  }
  /// Some values come of operands, in a table and in the log.
  static bool is_merged(int number) { return number > 200 && number % 10 == 5 && number % 7 != 0; }
  static void merge(TreeStand& stand, const Bytes& key, const Bytes& operand) {
    Batch batch;
    ok(batch.merge(key, Operator::append, operand));
    ok(stand.write(batch));
  }
  static void reopen(TreeStand& stand, Compression compression) {
    ok(stand.tree->close());
    stand.options.compression = {compression};
    ok(stand.open());
  }
};

TEST_F(TreeGoldenTest, WhatThisBuildWritesIsAsExpected) {
  PosixFileSystem disk;
  MemoryFileSystem memory;
  const char* target = std::getenv("COPPICE_WRITE_GOLDEN");
  TreeStand stand = target != nullptr ? TreeStand(disk, target) : TreeStand(memory);
  if (target != nullptr && ByteView(target).ends_with("-encrypted")) stand.keys = ring('a');
  const bool is_large = target == nullptr || ByteView(target).ends_with("-large");
  if (target != nullptr && ByteView(target).ends_with("-cold"))
    stand.cold_directory = join_path(target, "cold");
  FakeClock clock;
  stand.wall = &clock;
  const bool ingests = target != nullptr && ByteView(target).ends_with("-ingested");
  write(disk, stand, clock, is_large, ingests ? target + std::string(".sorted") : "");
  if (target != nullptr) return;
  ok(stand.open());
  clock.pass(kReadMs - clock.now());
  EXPECT_EQ(stand.items(), expected(is_large));
  EXPECT_EQ(stand.items(kThen), expected_then());
  EXPECT_EQ(flags(memory, stand) & kLargeFlags, kLargeFlags);
}

TEST_F(TreeGoldenTest, SoIsATreeThatTakesAFileIn) {
  MemoryFileSystem files;
  TreeStand stand(files);
  FakeClock clock;
  stand.wall = &clock;
  write(files, stand, clock, false, "/sorted");
  ok(stand.open());
  clock.pass(kReadMs - clock.now());
  EXPECT_EQ(stand.items(), expected(false));
  EXPECT_EQ(stand.items(kThen), expected_then());
}

TEST_F(TreeGoldenTest, EveryEarlierFormatStillOpens) {
  PosixFileSystem disk;
  int count = 0;
  for (const auto& format : std::filesystem::directory_iterator(COPPICE_SOURCE_DIR "/tests/golden")) {
    if (!format.is_directory()) continue;
    SCOPED_TRACE(format.path());
    ++count;
    // Opened in a copy: recovery writes.
    MemoryFileSystem files;
    const auto copy = [&](const std::filesystem::path& source, const std::string& target) {
      ok(files.make_directory(target));
      for (const auto& file : std::filesystem::directory_iterator(source))
        if (file.is_regular_file())
          overwrite(files, join_path(target, file.path().filename().string()), content_of(disk, file.path()));
    };
    copy(format, "/tree");
    const FakeClock clock(kReadMs);
    TreeStand stand(files);
    stand.wall = &clock;
    stand.keys = reading_ring("a");
    if (std::filesystem::exists(format.path() / "cold")) {
      copy(format.path() / "cold", "/cold");
      stand.cold_directory = "/cold";
    }
    ok(stand.open());
    const bool is_large = format.path().native().ends_with("-large");
    EXPECT_EQ(stand.items(), expected(is_large));
    if (format.path().filename() >= "tree-format-6") {
      EXPECT_LE(stand.tree->history_from(), kThen);
      EXPECT_EQ(stand.items(kThen), expected_then());
    } else {
      EXPECT_EQ(stand.tree->history_from(), stand.tree->last_commit()) << "nobody said what was let go";
    }
    EXPECT_EQ(flags(files, stand) & kLargeFlags, is_large ? kLargeFlags : 0);
    const bool is_ingested = format.path().native().ends_with("-ingested");
    EXPECT_EQ((flags(files, stand) & kTableOutside) != 0, is_ingested);
    ASSERT_EQ(stand.tree->spanning().size(), 1u);
    EXPECT_EQ(stand.tree->spanning().front().parts.size(), 2u);
    const auto report = stand.reader->verify({});
    ASSERT_TRUE(report.ok());
    EXPECT_GE(report->tables, stand.cold_directory.empty() ? 3u : 2u);
    EXPECT_EQ(stand.tree->stats().cold.count > 0, !stand.cold_directory.empty());
    EXPECT_THAT(report->problems, IsEmpty());
  }
  EXPECT_GT(count, 0);
}

}  // namespace
}  // namespace coppice::engine
