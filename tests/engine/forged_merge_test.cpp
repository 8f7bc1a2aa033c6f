// Merges and repairs of tables that no tree wrote, though every checksum is right: they are refused by name, or left out, and the
// process goes on.
#include <gmock/gmock.h>

#include "engine/io/file_names.hpp"
#include "engine/mend/repair_tree.hpp"
#include "engine/mend/verify_tree.hpp"
#include "engine/table/value_ref.hpp"
#include "tests/support/forgery.hpp"
#include "tests/support/memory_file_system.hpp"
#include "tests/support/tree_stand.hpp"

namespace coppice::engine {
namespace {

using ::testing::HasSubstr;

class ForgedMergeTest : public ::testing::Test {
protected:
  ForgedMergeTest() {
    stand.options.block_size = 16 << 10;
    stand.options.value_threshold = 64;
    ok(stand.create());
    ok(stand.open());
    for (const char* round : {"1", "2"}) {
      for (int key = 10; key < 20; ++key)
        ok(stand.put("key" + std::to_string(key), round + Bytes(key < 15 ? 20 : 100, 'v')));
      ok(stand.flush());
    }
    close();
  }
  void close() {
    ok(stand.tree->close());
    stand.drop();
  }
  static void ok(const Status& status) { ASSERT_TRUE(status.ok()) << to_string(status.error()); }

  std::vector<std::string> names_ending(std::string_view end) {
    std::vector<std::string> names = *files.list(stand.directory());
    std::erase_if(names, [&](const std::string& name) { return !name.ends_with(end); });
    std::ranges::sort(names);
    return names;
  }
  void forge(const std::string& name, ByteView from, ByteView to) {
    Bytes content = files.content(stand.path(name));
    forge_first_block(content, from, to);
    files.set_content(stand.path(name), content);
  }
  static Bytes stored(uint64_t file, uint64_t offset, uint32_t size) {
    Bytes bytes;
    put_value_ref(bytes, {file, {offset, size}});
    return bytes;
  }
  /// Of the newer table; values of 101 bytes lie in it, each 9 bytes behind the one before.
  std::string value_file() { return names_ending(".val").back(); }
  uint64_t value_number() { return parse_file_name(value_file())->number; }
  void forge_reference(const Bytes& from, const Bytes& to) { forge(names_ending(".sst").back(), from, to); }

  /// What a merge of all says, and nothing of the tree changes.
  Error refusal() {
    ok(stand.open());
    const TreeStand::Items before = *stand.scan({}, {"key16", "key19"});
    const size_t tables = names_ending(".sst").size();
    const Status merged = stand.compact();
    EXPECT_FALSE(merged.ok());
    EXPECT_EQ(names_ending(".sst").size(), tables);
    EXPECT_EQ(*stand.scan({}, {"key16", "key19"}), before);
    ok(stand.put("still", "there"));
    return merged.ok() ? Error{} : merged.error();
  }

  TreeStand::Items items() {
    ok(stand.open());
    TreeStand::Items all = stand.items();
    close();
    return all;
  }
  /// Of a tree that a repair made of this one, and that is whole.
  TreeStand::Items items_of_repair() {
    BlockCache cache(1 << 20);
    const TreeEnv env{.files = files, .cache = cache, .seed = 1};
    RepairReport report;
    RepairOptions with;
    with.tree = stand.options;
    ok(repair_tree(env, stand.directory(), "/mended", with, report));
    VerifyReport verified;
    ok(verify_tree(env, "/mended", {}, verified));
    EXPECT_THAT(verified.problems, ::testing::IsEmpty());
    TreeStand mended(files, "/mended");
    ok(mended.open());
    return mended.items();
  }

  MemoryFileSystem files;
  TreeStand stand{files};
};

TEST_F(ForgedMergeTest, EntriesOutOfOrderAreRefusedByTheTablesName) {
  const std::string name = names_ending(".sst").front();
  // Keys are written without what they share with the first.
  forge(name, Bytes("3") + "1" + Bytes(20, 'v'), Bytes("0") + "1" + Bytes(20, 'v'));
  const Error error = refusal();
  EXPECT_EQ(error.code, Errc::corruption);
  EXPECT_THAT(error.text, HasSubstr(stand.path(name)));
  EXPECT_THAT(error.text, HasSubstr("out of order"));
}

TEST_F(ForgedMergeTest, AReferenceToAFileThatIsNotThereIsRefused) {
  forge_reference(stored(value_number(), 0, 101), stored(value_number() + 50, 0, 101));
  const Error error = refusal();
  EXPECT_EQ(error.code, Errc::corruption);
  EXPECT_THAT(error.text, HasSubstr(value_file_name(value_number() + 50)));
}

TEST_F(ForgedMergeTest, AReferenceToAPlaceOutsideOfTheFileIsRefused) {
  forge_reference(stored(value_number(), 440, 101), stored(value_number(), 440, 102));
  const Error error = refusal();
  EXPECT_EQ(error.code, Errc::corruption);
  EXPECT_THAT(error.text, HasSubstr(stand.path(value_file()) + " at 440"));
}

TEST_F(ForgedMergeTest, ReferencesToMoreThanTheTableSaysAreRefused) {
  forge_reference(stored(value_number(), 0, 101), stored(value_number(), 0, 127));
  const Error error = refusal();
  EXPECT_EQ(error.code, Errc::corruption);
  EXPECT_THAT(error.text, HasSubstr(stand.path(value_file())));
}

// Its table would lie above newer ones, and hide what they hold.
TEST_F(ForgedMergeTest, ARepairLeavesAnEntryOutThatIsNewerThanItsTableWas) {
  const TreeStand::Items before = items();
  const auto entry = [](uint64_t commit) {
    Bytes bytes;
    put_fixed(bytes, commit);
    return bytes + "3" + "1" + Bytes(20, 'v');
  };
  forge(names_ending(".sst").front(), entry(4), entry(uint64_t{1} << 40));
  EXPECT_EQ(items_of_repair(), before);
}

TEST_F(ForgedMergeTest, ARepairLeavesARangeDeleteOutThatIsNewerThanItsTableWas) {
  ok(stand.open());
  ok(stand.delete_range("key12", "key14"));
  ok(stand.flush());
  const std::string name = names_ending(".sst").back();
  ok(stand.put("key13", "is back"));
  ok(stand.flush());
  close();
  const TreeStand::Items before = items();

  Bytes content = files.content(stand.path(name));
  const Footer footer = footer_of(content);
  store_fixed(content.data() + footer.range_deletes.offset, uint64_t{1} << 40);
  mend_block(content, footer.unique_id, footer.range_deletes);
  files.set_content(stand.path(name), content);

  TreeStand::Items mended = items_of_repair();
  std::erase_if(mended, [](const auto& item) { return item.first == "key12"; });
  EXPECT_EQ(mended, before) << "what it deleted may be back, and nothing else may be gone";
}

}  // namespace
}  // namespace coppice::engine
