// Damages every file of a tree in every way: the answer is right, or an error that names a file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/checksum.hpp"
#include "engine/base/coding.hpp"
#include "engine/io/file_names.hpp"
#include "engine/log/log_format.hpp"
#include "tests/support/damage.hpp"
#include "tests/support/keys.hpp"
#include "tests/support/memory_file_system.hpp"
#include "tests/support/tree_stand.hpp"

namespace coppice::engine {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using Items = TreeStand::Items;

class TreeDamageTest : public ::testing::Test {
protected:
  explicit TreeDamageTest(const KeyRing& keys = {}) {
    stand.keys = keys;
    stand.options.value_threshold = 80;
    ok(stand.create());
    ok(stand.open());
    write(0);
    ok(stand.flush());
    write(1);
    ok(stand.compact());
    write(2);
    ok(stand.delete_range("k1", "k2"));
    ok(stand.flush());
    write(3);
  }

  static void ok(const Status& status) { ASSERT_TRUE(status.ok()) << to_string(status.error()); }
  void write(int round) {
    for (int number = round; number < 60; number += round + 1)
      ok(stand.put("k" + std::to_string(number),
                   "value " + std::to_string(round) + Bytes(number % 7 == 0 ? 80 : 0, 'v')));
  }

  void close() {
    expected = stand.items();
    ok(stand.tree->close());
    stand.drop();
    const auto names = files.list(stand.directory());
    for (const std::string& name : *names) whole.emplace(name, files.content(stand.path(name)));
  }
  void restore() {
    ok(files.remove_tree(stand.directory()));
    ok(files.make_directory(stand.directory()));
    for (const auto& [name, content] : whole) overwrite(files, stand.path(name), content);
  }

  static void is_clear(const Error& error) {
    EXPECT_THAT(error.code, AnyOf(Errc::corruption, Errc::unsupported)) << to_string(error);
    EXPECT_THAT(error.text,
                AnyOf(HasSubstr(".sst"), HasSubstr(".val"), HasSubstr(".log"), HasSubstr("MANIFEST")));
  }
  /// Nothing that is damaged may change an answer.
  void look() {
    const Status opened = stand.open();
    if (!opened.ok()) return is_clear(opened.error());
    const auto found = stand.scan();
    if (found.ok()) {
      EXPECT_EQ(*found, expected);
    } else {
      is_clear(found.error());
    }
    for (size_t number = 0; number < 60; number += 7) {
      const Bytes key = "k" + std::to_string(number);
      const auto item = expected.find(key);
      const auto got = stand.reader->get(key, {});
      if (got.ok()) {
        EXPECT_EQ(got->value_or("(none)"), item == expected.end() ? "(none)" : item->second) << key;
      } else {
        is_clear(got.error());
      }
    }
    stand.drop();
  }

  MemoryFileSystem files;
  void flip_bits(uint64_t step) {
    close();
    for (const auto& [name, content] : whole) {
      for (uint64_t bit = 0; bit < content.size() * 8; bit += step) {
        SCOPED_TRACE(name + " bit " + std::to_string(bit));
        restore();
        files.flip_bit(stand.path(name), bit);
        look();
        if (HasFailure()) return;
      }
    }
  }

  void lose_ends() {
    close();
    for (const auto& [name, content] : whole) {
      for (size_t size = 0; size < content.size(); size += size % 17 + 1) {
        SCOPED_TRACE(name + " cut to " + std::to_string(size));
        restore();
        overwrite(files, stand.path(name), ByteView(content).substr(0, size));
        look();
        if (HasFailure()) return;
      }
    }
  }

  TreeStand stand{files};
  Items expected;
  std::map<std::string, Bytes> whole;
};

TEST_F(TreeDamageTest, AFlippedBitChangesNoAnswer) { flip_bits(53); }

TEST_F(TreeDamageTest, ALostEndChangesNoAnswer) { lose_ends(); }

class EncryptedTreeDamageTest : public TreeDamageTest {
protected:
  EncryptedTreeDamageTest() : TreeDamageTest(ring('a')) {}
};

TEST_F(EncryptedTreeDamageTest, AFlippedBitChangesNoAnswer) { flip_bits(131); }

TEST_F(EncryptedTreeDamageTest, ALostEndChangesNoAnswer) { lose_ends(); }

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

TEST_F(TreeDamageTest, VerifyFindsAFlippedBitInATable) {
  close();
  for (const auto& [name, content] : whole) {
    if (parse_file_name(name)->kind != FileName::Kind::table) continue;
    restore();
    files.flip_bit(stand.path(name), content.size() * 4);
    ok(stand.open());
    const auto report = stand.reader->verify({});
    ASSERT_TRUE(report.ok());
    ASSERT_EQ(report->problems.size(), 1u);
    EXPECT_THAT(report->problems.front(), HasSubstr(name));
    stand.drop();
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
