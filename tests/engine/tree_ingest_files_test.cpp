// Whose a file is that a tree takes in, and which it refuses.
#include <filesystem>

#include "engine/io/file_names.hpp"
#include "tests/engine/tree_ingest_fixture.hpp"
#include "tests/support/damage.hpp"
#include "tests/support/keys.hpp"
#include "tests/support/memory_file_system.hpp"

namespace coppice::engine {
namespace {

using ::testing::IsEmpty;

using TreeIngestFilesTest = TreeIngestTest;

TEST_F(TreeIngestFilesTest, TheFileStaysItsOwnersWhoMayRemoveIt) {
  const std::string path = ingest(numbered(0, 100, "1"));
  const Bytes before = *read_file(files, path, 1 << 20);
  EXPECT_EQ(std::filesystem::hard_link_count(path), 2u);
  ok(stand.put(key_of(5), "2"));
  ok(stand.compact());
  EXPECT_EQ(*read_file(files, path, 1 << 20), before);
  EXPECT_EQ(std::filesystem::hard_link_count(path), 1u) << "merged away, and only the tree's name of it";

  ingest(path);
  ASSERT_TRUE(files.remove(path).ok());
  reopen();
  EXPECT_EQ(stand.get(key_of(5)), "1");
  EXPECT_EQ(stand.items().size(), 100u);
}

TEST_F(TreeIngestFilesTest, ASymbolicLinkIsFollowed) {
  const std::string path = build({{"a", "1"}});
  const std::string link = temporary.path() + "/link";
  std::filesystem::create_symlink(path, link);
  ingest(link);
  ASSERT_TRUE(files.remove(path).ok());
  reopen();
  EXPECT_EQ(stand.get("a"), "1");
}

TEST_F(TreeIngestFilesTest, OneFileMayBeIngestedAgainAndIsThenNewer) {
  const std::string path = ingest({{"a", "1"}, {"b", "1"}});
  ok(stand.put("a", "2"));
  ingest(path);
  EXPECT_EQ(stand.items(), (TreeStand::Items{{"a", "1"}, {"b", "1"}}));
  ok(stand.compact());
  EXPECT_EQ(stand.items(), (TreeStand::Items{{"a", "1"}, {"b", "1"}}));
}

TEST_F(TreeIngestFilesTest, FilesWithOneIdAreStillTwo) {
  const SortedFileOptions forged{.seed = 9};
  const std::string first = build(numbered(0, 500, "1"), forged);
  const std::string second = build(numbered(0, 500, "2"), forged);
  ingest(first);
  const auto snapshot = stand.tree->last_commit();
  stand.snapshots = {snapshot};
  for (int round = 0; round < 3; ++round) EXPECT_EQ(stand.items().at(key_of(250)), "1");

  ingest(second);

  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(stand.get(key_of(250)), "2");
    EXPECT_EQ(stand.get(key_of(250), snapshot), "1");
    EXPECT_EQ(stand.items().at(key_of(251)), "2");
  }

  // Nor is one the other if what tells them apart is alike by chance.
  for (const Bytes value : {"3", "4"}) {
    ingest(build(numbered(0, 500, value), {.seed = stand.clock + 1}));
    EXPECT_EQ(stand.get(key_of(250)), value);
    EXPECT_EQ(stand.items().at(key_of(250)), value);
  }
}

TEST_F(TreeIngestFilesTest, WhatIsNotInstalledLeavesNothing) {
  const std::string path = build({{"a", "1"}});
  std::vector<OutsideTable> tables{*read_outside_table(files, path, {})};
  {
    const auto ingest = stand.tree->prepare_ingest(tables);
    ASSERT_TRUE(ingest.ok());
    EXPECT_EQ(std::filesystem::hard_link_count(path), 2u);
  }
  EXPECT_EQ(std::filesystem::hard_link_count(path), 1u);

  tables.push_back({temporary.path() + "/none", tables.front().meta});
  EXPECT_EQ(stand.tree->prepare_ingest(tables).error().code, Errc::not_found);
  EXPECT_EQ(std::filesystem::hard_link_count(path), 1u);
  EXPECT_FALSE(stand.tree->broken());
  EXPECT_THAT(stand.items(), IsEmpty());
}

TEST_F(TreeIngestFilesTest, ADamagedFileIsRefusedAndNothingChanges) {
  const std::string path = build(numbered(0, 100, Bytes(50, 'v')));
  Bytes content = *read_file(files, path, 1 << 20);
  content[content.size() / 2] = static_cast<char>(content[content.size() / 2] ^ 4);
  ASSERT_TRUE(replace_file(files, path, content).ok());
  ok(stand.put("a", "1"));
  const auto stats = stand.tree->stats();

  const Status refused = ingest_file(files, stand, path);

  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Errc::corruption);
  EXPECT_EQ(stand.tree->stats().flushes, stats.flushes);
  EXPECT_EQ(stand.items(), (TreeStand::Items{{"a", "1"}}));
  EXPECT_EQ(std::filesystem::hard_link_count(path), 1u);
}

TEST_F(TreeIngestFilesTest, SeveralFilesComeInAtOnce) {
  std::vector<OutsideTable> tables;
  for (const Bytes key : {"a", "m", "x"}) {
    tables.push_back(*read_outside_table(files, build({{key, "1"}}), {}));
    ok(check_outside_table(files, tables.back(), stand.env().cache, {}));
  }
  auto ingest = stand.tree->prepare_ingest(tables);
  ASSERT_TRUE(ingest.ok());
  EXPECT_THAT(stand.items(), IsEmpty());

  ok(stand.tree->install_ingest(*std::move(ingest), stand.tick()));

  EXPECT_EQ(stand.items(), (TreeStand::Items{{"a", "1"}, {"m", "1"}, {"x", "1"}}));
}

TEST_F(TreeIngestFilesTest, AnEncryptedTreeTakesAnEncryptedFile) {
  const KeyRing keys = ring('a');
  TreeStand secret(files, temporary.path() + "/secret");
  secret.keys = keys;
  ok(secret.create());
  ok(secret.open());
  const std::string plain = build({{"a", "plain"}});
  const std::string sealed = build({{"a", "sealed"}}, {.keys = keys});
  const std::string other = build({{"a", "other"}}, {.keys = ring('b')});

  EXPECT_EQ(ingest_file(files, secret, plain).error().code, Errc::invalid_argument);
  EXPECT_EQ(ingest_file(files, secret, other).error().code, Errc::invalid_argument);
  EXPECT_EQ(ingest_file(files, stand, sealed).error().code, Errc::invalid_argument);
  ok(ingest_file(files, secret, sealed));

  EXPECT_EQ(secret.get("a"), "sealed");
  ok(secret.tree->close());
  ok(secret.open());
  EXPECT_EQ(secret.get("a"), "sealed");
}

// Nothing but the manifest knows of the file, so damage to the last edit must not pass for a crash that cut it short.
TEST(TreeIngestDamageTest, AManifestThatHasLostTheFileIsDamaged) {
  for (const KeyRing& keys : {KeyRing(), ring('a')}) {
    MemoryFileSystem files;
    TreeStand stand(files);
    stand.keys = keys;
    ASSERT_TRUE(stand.create().ok());
    ASSERT_TRUE(stand.open().ok());
    ASSERT_TRUE(build_file(files, "/sorted", {{"a", "1"}}, {.keys = keys}).ok());
    ASSERT_TRUE(ingest_file(files, stand, "/sorted").ok());
    stand.drop();
    std::map<std::string, Bytes> whole;
    const auto names = files.list(stand.directory());
    for (const std::string& name : *names) whole.emplace(name, content_of(files, stand.path(name)));
    const std::string manifest(kManifestName);
    int refused = 0;

    for (size_t offset = 0; offset < whole.at(manifest).size(); ++offset) {
      SCOPED_TRACE(offset);
      for (const auto& [name, content] : whole) overwrite(files, stand.path(name), content);
      flip_bit(files, stand.path(manifest), offset);
      const Status opened = stand.open();
      if (opened.ok()) {
        EXPECT_EQ(stand.items(), (TreeStand::Items{{"a", "1"}}));
        stand.drop();
      } else {
        ++refused;
      }
    }
    EXPECT_GT(refused, 100);
  }
}

}  // namespace
}  // namespace coppice::engine
