// Tables that are compressed with a dictionary of their own, damaged, inspected and repaired.
#include <algorithm>

#include <gmock/gmock.h>

#include "engine/base/random.hpp"
#include "engine/io/file_names.hpp"
#include "engine/mend/inspect.hpp"
#include "engine/mend/repair_tree.hpp"
#include "engine/table/table_format.hpp"
#include "tests/support/damage.hpp"
#include "tests/support/memory_file_system.hpp"
#include "tests/support/tree_stand.hpp"

namespace coppice::engine {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Items = TreeStand::Items;
using Fate = MendedFile::Fate;

constexpr int kRows = 2000;

class RepairDictionaryTest : public ::testing::Test {
protected:
  RepairDictionaryTest() {
    stand.options.compression = {Compression::zstd};
    // One table: a flush cuts its memtable into columns.
    stand.options.memtable_size = 32 << 20;
    stand.options.table_size = 4 << 20;
    ok(stand.create());
    ok(stand.open());
    for (uint64_t number = 0; number < kRows; ++number)
      ok(stand.put("order" + std::to_string(10'000 + number),
                   "{\"order\": " + std::to_string(mix(number) % 100'000) + ", \"status\": \"" +
                       (number % 3 == 0 ? "delivered" : "under way") +
                       "\", \"currency\": \"EUR\", \"customer\": " + std::to_string(mix(number + 7)) +
                       ", \"returned\": false}"));
    ok(stand.compact());
    expected = stand.items();
    ok(stand.tree->close());
    stand.drop();
    const auto names = files.list(stand.directory());
    for (const std::string& name : *names)
      if (name.ends_with(".sst")) table = stand.path(name);
    const Bytes content = files.content(table);
    footer = *decode_footer(ByteView(content).substr(content.size() - kFooterSize), content.size());
  }
  static void ok(const Status& status) { ASSERT_TRUE(status.ok()) << to_string(status.error()); }

  /// What is said of the table.
  MendedFile repair() {
    RepairReport report;
    RepairOptions with;
    with.tree = stand.options;
    BlockCache cache(1 << 20);
    ok(repair_tree({.files = files, .cache = cache}, stand.directory(), "/mended", with, report));
    for (const MendedFile& file : report.files)
      if (file.path == table) return file;
    ADD_FAILURE() << "nothing is said of " << table;
    return {};
  }
  static bool is_lost(const MendedFile& file, ByteView key) {
    return std::ranges::any_of(file.lost, [&](const KeyRange& range) { return range.contains(key); });
  }
  Items mended_items() {
    TreeStand mended(files, "/mended");
    ok(mended.open());
    return mended.items();
  }

  MemoryFileSystem files;
  TreeStand stand{files};
  Items expected;
  std::string table;
  Footer footer;
};

TEST_F(RepairDictionaryTest, IsThere) { ASSERT_FALSE(footer.dictionary.absent()); }

TEST_F(RepairDictionaryTest, OfADamagedBlockTheOthersAreSaved) {
  flip_bit(files, table, footer.dictionary.offset + footer.dictionary.size + kBlockTrailerSize + 40);
  const MendedFile said = repair();
  EXPECT_EQ(said.fate, Fate::rebuilt);
  EXPECT_EQ(said.lost.size(), 1u);
  Items rest;
  for (const auto& item : expected)
    if (!is_lost(said, item.first)) rest.insert(item);
  EXPECT_GT(rest.size(), expected.size() / 2);
  EXPECT_LT(rest.size(), expected.size());
  EXPECT_EQ(mended_items(), rest);
}

TEST_F(RepairDictionaryTest, WithoutItsDictionaryNothingOfATableIsSavedAndThatIsSaid) {
  flip_bit(files, table, footer.dictionary.offset + 10);
  const MendedFile said = repair();
  EXPECT_EQ(said.fate, Fate::lost);
  EXPECT_THAT(said.problems, Contains(HasSubstr(std::to_string(footer.dictionary.offset))));
  for (const auto& [key, value] : expected) EXPECT_TRUE(is_lost(said, key)) << key;
  EXPECT_THAT(mended_items(), IsEmpty());
}

TEST_F(RepairDictionaryTest, WithoutAManifestAllIsKept) {
  ok(files.remove(stand.path(std::string(kManifestName))));
  EXPECT_EQ(repair().fate, Fate::kept);
  EXPECT_EQ(mended_items(), expected);
}

TEST_F(RepairDictionaryTest, EveryEntryIsToldWhenItIsInspected) {
  size_t entries = 0;
  size_t damages = 0;
  const auto count = [&](const Finding& finding) {
    entries += finding.kind == "entry" ? 1 : 0;
    damages += finding.kind == "damage" ? 1 : 0;
    return true;
  };
  ok(inspect_file(files, table, InspectDetail::entries, {}, count).status());
  EXPECT_EQ(entries, expected.size());
  EXPECT_EQ(damages, 0u);

  flip_bit(files, table, footer.dictionary.offset + 10);
  entries = 0;
  ok(inspect_file(files, table, InspectDetail::entries, {}, count).status());
  EXPECT_EQ(entries, 0u);
  EXPECT_GT(damages, 0u);
}

}  // namespace
}  // namespace coppice::engine
