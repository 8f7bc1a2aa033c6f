#include "engine/ingest/sorted_file_writer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/ingest/outside_table.hpp"
#include "engine/table/table_builder.hpp"
#include "engine/table/value_ref.hpp"
#include "tests/support/keys.hpp"
#include "tests/support/memory_file_system.hpp"

namespace coppice::engine {
namespace {

using ::testing::HasSubstr;

constexpr const char* kPath = "/file.sorted";

class SortedFileWriterTest : public ::testing::Test {
protected:
  SortedFileWriter begin(const SortedFileOptions& options = {.seed = 7}) {
    auto writer = SortedFileWriter::begin(files, kPath, options);
    EXPECT_TRUE(writer.ok());
    return *std::move(writer);
  }
  void build(const std::vector<std::pair<Bytes, Bytes>>& items,
             const SortedFileOptions& options = {.seed = 7}) {
    SortedFileWriter writer = begin(options);
    for (const auto& [key, value] : items) ASSERT_TRUE(writer.put(key, value).ok());
    ASSERT_TRUE(writer.finish().ok());
  }
  Status check(const KeyRing& keys = {}) {
    COPPICE_TRY_ASSIGN(table, read_outside_table(files, kPath, keys));
    return check_outside_table(files, table, cache, keys);
  }
  std::vector<std::string> names() { return *files.list("/"); }

  MemoryFileSystem files;
  BlockCache cache{1 << 20};
};

TEST_F(SortedFileWriterTest, WritesATableWhoseEntriesHaveOneCommit) {
  SortedFileWriter writer = begin();
  ASSERT_TRUE(writer.put("a", "1").ok());
  ASSERT_TRUE(writer.put_until("b", "2", 99).ok());
  ASSERT_TRUE(writer.remove("c").ok());
  const auto built = writer.finish();
  ASSERT_TRUE(built.ok());
  EXPECT_EQ(built->entries, 3u);

  const auto table = read_outside_table(files, kPath, {});
  ASSERT_TRUE(table.ok()) << to_string(table.error());
  EXPECT_EQ(table->meta.file_size, built->file_size);
  EXPECT_EQ(table->meta.delete_count, 1u);
  EXPECT_EQ(table->meta.bounds, (KeyRange{"a", Bytes("c\0", 2)}));
  EXPECT_EQ(table->meta.oldest, kOutsideCommit);
  EXPECT_EQ(table->meta.newest, kOutsideCommit);
  EXPECT_TRUE(check_outside_table(files, *table, cache, {}).ok());
}

TEST_F(SortedFileWriterTest, AFileThatCannotBeSyncedIsToBeBuiltAnew) {
  build({{"a", "1"}});
  const auto table = read_outside_table(files, kPath, {});
  ASSERT_TRUE(table.ok());
  files.fail_after(0);
  const Status checked = check_outside_table(files, *table, cache, {});
  ASSERT_EQ(checked.error().code, Errc::io_error);
  EXPECT_THAT(checked.error().text, HasSubstr("/file.sorted: cannot sync"));
  EXPECT_THAT(checked.error().text, HasSubstr("build the file anew"));
}

TEST_F(SortedFileWriterTest, RefusesAKeyThatDoesNotAscendAndGoesOn) {
  SortedFileWriter writer = begin();
  ASSERT_TRUE(writer.put("b", "1").ok());

  for (const char* key : {"b", "a"}) {
    const Status refused = writer.put(key, "2");
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, Errc::invalid_argument);
    EXPECT_THAT(refused.error().text, HasSubstr("ascend"));
  }
  EXPECT_FALSE(writer.remove("b").ok());

  ASSERT_TRUE(writer.put("c", "3").ok());
  EXPECT_EQ(writer.finish()->entries, 2u);
  EXPECT_TRUE(check().ok());
}

TEST_F(SortedFileWriterTest, RefusesWhatNoStoreMayHold) {
  SortedFileWriter writer = begin();
  EXPECT_FALSE(writer.put("", "1").ok());
  EXPECT_FALSE(writer.put(Bytes(kKeySizeMax + 1, 'k'), "1").ok());
  EXPECT_FALSE(writer.put("a", Bytes(kValueSizeMax + 1, 'v')).ok());

  EXPECT_TRUE(writer.put(Bytes(kKeySizeMax, 'k'), "1").ok());
  EXPECT_EQ(writer.finish()->entries, 1u);
  EXPECT_TRUE(check().ok());
}

TEST_F(SortedFileWriterTest, RefusesToReplaceAFile) {
  build({{"a", "1"}});
  const Bytes before = files.content(kPath);

  const auto again = SortedFileWriter::begin(files, kPath);

  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code, Errc::in_use);
  EXPECT_EQ(files.content(kPath), before);
}

TEST_F(SortedFileWriterTest, LeavesNothingIfItIsNotFinished) {
  {
    SortedFileWriter writer = begin();
    ASSERT_TRUE(writer.put("a", "1").ok());
  }
  EXPECT_TRUE(names().empty());

  SortedFileWriter writer = begin();
  EXPECT_EQ(writer.finish().error().code, Errc::invalid_argument);
}

TEST_F(SortedFileWriterTest, IsThereWholeOrNotAtAllAfterAPowerLoss) {
  bool finished = false;
  for (uint64_t after = 0; !finished; ++after) {
    MemoryFileSystem disk;
    disk.stop_after(after);
    {
      auto writer = SortedFileWriter::begin(disk, kPath, {.seed = 7});
      finished = writer.ok() && writer->put("a", Bytes(3000, '1')).ok() && writer->put("b", "2").ok() &&
                 writer->finish().ok();
    }
    disk.crash(after);
    if (!*disk.exists(kPath)) {
      EXPECT_FALSE(finished);
      continue;
    }
    const auto table = read_outside_table(disk, kPath, {});
    ASSERT_TRUE(table.ok()) << to_string(table.error());
    EXPECT_TRUE(check_outside_table(disk, *table, cache, {}).ok());
  }
}

TEST_F(SortedFileWriterTest, OneSeedGivesTheSameFileAndAnotherGivesAnother) {
  build({{"a", "1"}, {"b", "2"}});
  const Bytes first = files.content(kPath);
  ASSERT_TRUE(files.remove(kPath).ok());
  build({{"a", "1"}, {"b", "2"}});
  EXPECT_EQ(files.content(kPath), first);
  ASSERT_TRUE(files.remove(kPath).ok());
  build({{"a", "1"}, {"b", "2"}}, {.seed = 8});
  EXPECT_NE(files.content(kPath), first);
}

TEST_F(SortedFileWriterTest, AnEncryptedFileNeedsItsKeyAndAnEncryptedStoreAnEncryptedFile) {
  const KeyRing keys = ring('a');
  build({{"secret", "word"}}, {.keys = keys, .seed = 7});
  EXPECT_EQ(files.content(kPath).find("secret"), Bytes::npos);
  EXPECT_TRUE(check(keys).ok());
  EXPECT_EQ(check({}).error().code, Errc::invalid_argument);

  ASSERT_TRUE(files.remove(kPath).ok());
  build({{"a", "1"}});
  const Status refused = check(keys);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Errc::invalid_argument);
  EXPECT_THAT(refused.error().text, HasSubstr("not encrypted"));
}

TEST_F(SortedFileWriterTest, EveryDamageIsFound) {
  std::vector<std::pair<Bytes, Bytes>> items;
  for (int number = 100; number < 140; ++number) items.emplace_back(std::to_string(number), Bytes(100, 'v'));
  build(items, {.block_size = 1024, .seed = 7});
  const Bytes whole = files.content(kPath);
  ASSERT_TRUE(check().ok());

  for (size_t offset = 0; offset < whole.size(); offset += 7) {
    files.flip_bit(kPath, offset * 8 + offset % 8);
    EXPECT_FALSE(check().ok()) << offset;
    files.set_content(kPath, whole);
  }
  for (size_t size = 0; size < whole.size(); size += 13) {
    files.set_content(kPath, ByteView(whole).substr(0, size));
    EXPECT_FALSE(check().ok()) << size;
  }
}

// What no writer of ours makes, with right checksums.
class ForgedFileTest : public SortedFileWriterTest {
protected:
  void forge(const std::vector<Entry>& entries, const std::vector<RangeDelete>& range_deletes = {},
             bool outside = true) {
    TableBuilder builder(*files.create(kPath), {.unique_id = 5, .outside = outside});
    for (const Entry& entry : entries) ASSERT_TRUE(builder.add(entry).ok());
    for (const RangeDelete& range_delete : range_deletes) builder.add_range_delete(range_delete);
    ASSERT_TRUE(builder.finish().ok());
  }
};

TEST_F(ForgedFileTest, IsRefusedIfItHoldsWhatOnlyATreeMayWrite) {
  forge({{"a", kOutsideCommit, Kind::put, "1"}});
  EXPECT_TRUE(check().ok());

  forge({{"a", Timestamp{2}, Kind::put, "1"}});
  EXPECT_FALSE(check().ok()) << "another commit";
  forge({{"a", kOutsideCommit, Kind::put, "1"}, {"b", Timestamp{2}, Kind::put, "1"}});
  EXPECT_FALSE(check().ok()) << "a second commit";
  forge({{"a", kOutsideCommit, Kind::operand, Bytes(20, '\1')}});
  EXPECT_FALSE(check().ok()) << "an operand";
  Bytes reference;
  put_value_ref(reference, {.file = 3, .place = {0, 10}});
  forge({{"a", kOutsideCommit, Kind::put_apart, reference}});
  EXPECT_FALSE(check().ok()) << "a value that lies apart";
  forge({{"a", kOutsideCommit, Kind::remove, "not empty"}});
  EXPECT_FALSE(check().ok()) << "a remove with a value";
  forge({{"a", kOutsideCommit, Kind::put, Bytes(kValueSizeMax + 1, 'v')}});
  EXPECT_FALSE(check().ok()) << "a value that is too large";
  forge({{"a", kOutsideCommit, Kind::put, "1"}},
        {{.begin = "b", .end = "c", .unbounded = false, .commit = kOutsideCommit}});
  EXPECT_FALSE(check().ok()) << "a range delete";
}

// Each in the one before: what they cover would be said in memory of the square of their count.
TEST_F(ForgedFileTest, ItsRangeDeletesAreNotEvenLookedAt) {
  std::vector<RangeDelete> nested;
  for (int depth = 1000; depth < 5000; ++depth)
    nested.push_back({.begin = "a" + std::to_string(depth),
                      .end = "z" + std::to_string(10'000 - depth),
                      .unbounded = false,
                      .commit = Timestamp{static_cast<uint64_t>(depth)}});
  forge({{"b", kOutsideCommit, Kind::put, "1"}}, nested);
  const Status refused = check();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Errc::corruption);
  EXPECT_THAT(refused.error().text, HasSubstr("has range deletes"));
}

TEST_F(ForgedFileTest, ATableOfATreeIsNoSortedFile) {
  forge({{"a", kOutsideCommit, Kind::put, "1"}}, {}, false);

  const Status refused = check();

  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Errc::invalid_argument);
  EXPECT_THAT(refused.error().text, HasSubstr("table of a tree"));
}

TEST_F(ForgedFileTest, AnythingElseIsNoneEither) {
  EXPECT_EQ(check().error().code, Errc::not_found);
  ASSERT_TRUE(files.create(kPath).ok());
  for (const Bytes& content : {Bytes(), Bytes("a\t1\n"), Bytes(4096, '\0'), Bytes(200, '\xff')}) {
    files.set_content(kPath, content);
    EXPECT_FALSE(check().ok());
  }
}

}  // namespace
}  // namespace coppice::engine
