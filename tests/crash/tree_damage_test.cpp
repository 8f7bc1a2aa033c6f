// Files of a tree that are missing, another tree's, of another format, or have lost their end.
#include "engine/base/checksum.hpp"
#include "engine/base/coding.hpp"
#include "engine/io/file_names.hpp"
#include "engine/log/log_format.hpp"
#include "tests/crash/tree_damage_fixture.hpp"

namespace coppice::engine {
namespace {

using ::testing::HasSubstr;
using Items = TreeStand::Items;

class TreeDamageTest : public TreeDamageFixture {
protected:
  TreeDamageTest() { fill(); }
};

TEST_F(TreeDamageTest, AMissingFileIsNamed) {
  close();
  for (const auto& [name, content] : whole) {
    restore();
    ok(files.remove(stand.path(name)));
    const Status opened = stand.open();
    ASSERT_FALSE(opened.ok()) << name;
    EXPECT_EQ(opened.error().code, name == kManifestName ? Errc::not_found : Errc::corruption);
    EXPECT_THAT(opened.error().text, HasSubstr(name));
    // Nothing was changed by looking.
    EXPECT_EQ(files.list(stand.directory())->size(), whole.size() - 1);
  }
}

TEST_F(TreeDamageTest, FilesOfTwoTreesAreNotMixedUp) {
  close();
  MemoryFileSystem other_files;
  TreeStand other(other_files);
  other.seed = 2;
  ok(other.create());
  ok(other.open());
  ok(other.put("k1", "from another tree"));
  ok(other.tree->close());
  for (const auto& [name, content] : whole) {
    if (!*other_files.exists(other.path(name))) continue;
    SCOPED_TRACE(name);
    restore();
    overwrite(files, stand.path(name), other_files.content(other.path(name)));
    if (name == kManifestName) {
      EXPECT_FALSE(stand.open().ok());
    } else {
      look();
    }
  }
}

/// The name of the log that holds `text`.
std::string log_with(MemoryFileSystem& files, const TreeStand& stand, ByteView text) {
  const auto names = *files.list(stand.directory());
  for (const std::string& name : names)
    if (name.ends_with(".log") && files.content(stand.path(name)).find(text) != Bytes::npos) return name;
  return {};
}

TEST_F(TreeDamageTest, ASealedLogThatLostItsEndIsMissedByWhatWasSyncedBehindIt) {
  for (const Durability durability : {Durability::synced, Durability::buffered}) {
    SCOPED_TRACE(static_cast<int>(durability));
    MemoryFileSystem own;
    TreeStand tree(own);
    ok(tree.create());
    ok(tree.open());
    ok(tree.put("a", "kept"));
    ok(tree.put("b", "sealed"));
    ok(tree.tree->seal_memtable());
    ok(tree.put("c", "behind", durability));
    ok(tree.put("d", "last"));
    tree.drop();
    const std::string log = log_with(own, tree, "sealed");
    ASSERT_FALSE(log.empty());
    Bytes content = own.content(tree.path(log));
    content.resize(content.find("sealed"));
    own.set_content(tree.path(log), content);

    const Status opened = tree.open();
    if (durability == Durability::synced) {
      ASSERT_FALSE(opened.ok());
      EXPECT_EQ(opened.error().code, Errc::corruption);
      EXPECT_THAT(opened.error().text, HasSubstr(log));
      EXPECT_EQ(own.content(tree.path(log)), content);
      continue;
    }
    // Nothing of it was on the disk for certain, so all that came later is given up with it.
    ok(opened);
    EXPECT_EQ(tree.items(), (Items{{"a", "kept"}}));
    ok(tree.put("e", "new", Durability::synced));
    tree.drop();
    own.crash();
    ok(tree.open());
    EXPECT_EQ(tree.items(), (Items{{"a", "kept"}, {"e", "new"}}));
  }
}

TEST_F(TreeDamageTest, ALogThatLostItsEndIsMissedByTablesThatHoldAPartOfIt) {
  MemoryFileSystem own;
  TreeStand tree(own);
  ok(tree.create());
  ok(tree.open());
  for (const char* key : {"a", "b", "c", "d", "e", "f", "g", "h"}) ok(tree.put(key, Bytes(4000, 'v')));
  ok(tree.compact());
  while (!tree.tree->memtable_full()) ok(tree.put("a", Bytes(4000, 'w')));
  ok(tree.put("h", "last"));
  ok(tree.tree->seal_memtable());
  ok(tree.finish(tree.tree->plan_flush({})));
  ASSERT_EQ(tree.tree->stats().sealed_memtables, 1u) << "all of it was flushed at once";
  tree.drop();
  const std::string log = log_with(own, tree, "last");
  Bytes content = own.content(tree.path(log));
  content.resize(content.find("last"));
  own.set_content(tree.path(log), content);

  const Status opened = tree.open();
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, Errc::corruption);
  EXPECT_THAT(opened.error().text, HasSubstr(log));
}

TEST_F(TreeDamageTest, ANewerFormatIsRefusedAndLeftAlone) {
  close();
  Bytes manifest = whole.at(Bytes(kManifestName));
  store_fixed(manifest.data() + 8, kLogFormatVersion + 1);
  store_fixed(manifest.data() + 32, checksum(ByteView(manifest).substr(0, 32), 0));
  overwrite(files, stand.path(Bytes(kManifestName)), manifest);
  const Status opened = stand.open();
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, Errc::unsupported);
  EXPECT_THAT(opened.error().text, HasSubstr("MANIFEST"));
  EXPECT_EQ(files.content(stand.path(Bytes(kManifestName))), manifest);
}

TEST_F(TreeDamageTest, ForeignFilesAreLeftAlone) {
  close();
  overwrite(files, stand.path("notes.txt"), "mine");
  overwrite(files, stand.path("000099.sst"), "an orphan");
  ok(stand.open());
  EXPECT_TRUE(*files.exists(stand.path("notes.txt")));
  EXPECT_FALSE(*files.exists(stand.path("000099.sst")));
  EXPECT_EQ(stand.items(), expected);
}

}  // namespace
}  // namespace coppice::engine
