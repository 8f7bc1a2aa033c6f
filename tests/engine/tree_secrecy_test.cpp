// Trees that are encrypted: what is on the disk, which keys are needed, and how they change.
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/random.hpp"
#include "engine/io/file_names.hpp"
#include "engine/log/log_reader.hpp"
#include "tests/support/damage.hpp"
#include "tests/support/keys.hpp"
#include "tests/support/memory_file_system.hpp"
#include "tests/support/tree_stand.hpp"

namespace coppice::engine {
namespace {

using ::testing::HasSubstr;
using Contents = std::map<std::string, Bytes>;
using FilesByKey = std::map<uint64_t, uint64_t>;

class TreeSecrecyTest : public ::testing::Test {
protected:
  TreeSecrecyTest() { stand.options.value_threshold = 100; }

  static void ok(const Status& status) { ASSERT_TRUE(status.ok()) << to_string(status.error()); }

  void create(const KeyRing& keys) {
    stand.keys = keys;
    ok(stand.create());
    ok(stand.open());
  }
  /// As after a crash, with other keys.
  Status reopen(const KeyRing& keys) {
    stand.drop();
    stand.keys = keys;
    return stand.open();
  }
  /// Every fifth value lies apart, if some are `large`.
  void put(int first, int count, bool large = false) {
    for (int number = first; number < first + count; ++number) {
      const Bytes text = std::to_string(10'000 + number);
      const Bytes value = "secret-value-" + text + Bytes(large && number % 5 == 0 ? 150 : 0, 'v');
      ok(stand.put("secret-key-" + text, value));
      expected["secret-key-" + text] = value;
    }
  }
  /// Tables in several levels, deletes of both kinds, and something in the log.
  void fill() {
    put(0, 500, true);
    ok(stand.flush());
    put(200, 500, true);
    ok(stand.delete_range("secret-key-10100", "secret-key-10120"));
    std::erase_if(expected, [](const auto& item) {
      return item.first >= "secret-key-10100" && item.first < "secret-key-10120";
    });
    ok(stand.compact());
    put(700, 100, true);
    ok(stand.flush());
    ok(stand.remove("secret-key-10000"));
    expected.erase("secret-key-10000");
    put(800, 20);
  }

  Contents contents() {
    Contents found;
    const auto names = files.list(stand.directory());
    for (const std::string& name : *names) found.emplace(name, content_of(files, stand.path(name)));
    return found;
  }
  void expect_nothing_plain() {
    for (const auto& [name, content] : contents())
      for (const char* const word : {"secret", "key-10", "value-10"})
        EXPECT_EQ(content.find(word), Bytes::npos) << name << " holds " << word;
  }
  FilesByKey files_by_key() { return stand.tree->stats().files_by_key; }
  static uint64_t id(char byte) { return byte == 0 ? 0 : key(byte).id(); }

  MemoryFileSystem files;
  TreeStand stand{files};
  TreeStand::Items expected;
};

TEST_F(TreeSecrecyTest, NoFileTellsAnythingWhetherClosedOrNot) {
  create(ring('a'));
  fill();
  expect_nothing_plain();
  EXPECT_EQ(stand.items(), expected);
  ok(reopen(ring('a')));
  expect_nothing_plain();
  EXPECT_EQ(stand.items(), expected);
  ok(stand.tree->close());
  expect_nothing_plain();
  ok(reopen(ring('a')));
  EXPECT_EQ(stand.items(), expected);
  EXPECT_TRUE(stand.reader->verify({}).ok());
}

// So that the test above means something.
TEST_F(TreeSecrecyTest, WithoutAKeyEverythingIsPlain) {
  create({});
  fill();
  for (const char* const suffix : {"MANIFEST", ".log", ".sst", ".val"}) {
    bool found = false;
    for (const auto& [name, content] : contents())
      found = found || (name.ends_with(suffix) && content.find("secret") != Bytes::npos);
    EXPECT_TRUE(found) << suffix;
  }
  EXPECT_EQ(files_by_key().size(), 1u);
}

TEST_F(TreeSecrecyTest, ChildrenOfASplitAreEncryptedAsWell) {
  create(ring('a'));
  fill();
  ok(stand.flush());
  ok(stand.tree->split("secret-key-10400", {"/left"}, {"/right"}));
  for (const std::string directory : {"/left", "/right"})
    EXPECT_EQ(content_of(files, directory + "/MANIFEST").find("secret"), Bytes::npos);
  TreeStand right(files, "/right");
  right.keys = ring('a');
  ok(right.open());
  EXPECT_EQ(right.get("secret-key-10401"), "secret-value-10401");
}

TEST_F(TreeSecrecyTest, AWrongKeyOrNoneIsRefusedBeforeAnythingIsWritten) {
  for (const bool closed : {false, true}) {
    ok(files.remove_tree(stand.directory()));
    expected.clear();
    stand.clock = 0;
    create(ring('a'));
    fill();
    if (closed) ok(stand.tree->close());
    stand.drop();
    const Contents before = contents();
    for (const KeyRing& keys : {KeyRing(), ring('b'), reading_ring("c")}) {
      const Status opened = reopen(keys);
      ASSERT_FALSE(opened.ok());
      EXPECT_EQ(opened.error().code, Errc::invalid_argument);
      EXPECT_THAT(opened.error().text, HasSubstr(key_name(id('a'))));
      EXPECT_EQ(Tree::check_keys(stand.env(), stand.directory()).error().code, Errc::invalid_argument);
      EXPECT_EQ(contents(), before);
    }
    ok(Tree::check_keys((stand.keys = ring('a'), stand.env()), stand.directory()));
    ok(reopen(ring('a')));
    EXPECT_EQ(stand.items(), expected);
  }
}

// Each file on its own: the manifest may have the new key already, and a table or a log still the old one.
TEST_F(TreeSecrecyTest, AKeyThatOneFileStillNeedsIsMissed) {
  create(ring('a'));
  put(0, 50);
  ok(stand.flush());
  ok(reopen(ring('b', "a")));
  put(50, 50);
  ASSERT_EQ(files_by_key().at(id('a')), 1u);  // The table.
  stand.drop();
  const Contents with_table = contents();
  EXPECT_THAT(reopen(ring('b')).error().text, HasSubstr(".sst"));
  EXPECT_EQ(contents(), with_table);

  ok(files.remove_tree(stand.directory()));
  stand.clock = 0;
  create(ring('a'));
  put(0, 50);
  ok(reopen(ring('b', "a")));
  ASSERT_GE(files_by_key().at(id('a')), 1u);  // The log, of which all is in memory.
  stand.drop();
  const Contents with_log = contents();
  EXPECT_THAT(reopen(ring('b')).error().text, HasSubstr(".log"));
  EXPECT_EQ(contents(), with_log);
}

class TreeKeyChangeTest : public TreeSecrecyTest,
                          public ::testing::WithParamInterface<std::pair<char, char>> {};

TEST_P(TreeKeyChangeTest, NewFilesHaveTheNewKeyAndCompactingEndsTheOld) {
  const auto [old_key, new_key] = GetParam();
  const auto ring_of = [](char current, char older) {
    std::vector<Key> others;
    if (older != 0) others.push_back(key(older));
    return current == 0 ? KeyRing(std::nullopt, others) : KeyRing(key(current), others);
  };
  create(ring_of(old_key, 0));
  fill();
  EXPECT_EQ(files_by_key().size(), 1u);
  EXPECT_EQ(files_by_key().begin()->first, id(old_key));

  ok(reopen(ring_of(new_key, old_key)));
  EXPECT_EQ(stand.items(), expected);
  const uint64_t before = files_by_key().at(id(old_key));
  EXPECT_GT(before, 1u);
  EXPECT_GE(files_by_key().at(id(new_key)), 2u);  // The manifest and the logs.
  put(900, 200);
  ok(stand.flush());
  EXPECT_LE(files_by_key().at(id(old_key)), before);

  ok(stand.compact());
  EXPECT_EQ(files_by_key().size(), 1u);
  EXPECT_EQ(files_by_key().begin()->first, id(new_key));
  EXPECT_EQ(stand.items(), expected);

  ok(reopen(ring_of(new_key, 0)));
  EXPECT_EQ(stand.items(), expected);
  if (new_key != 0) expect_nothing_plain();
}

TEST_P(TreeKeyChangeTest, AnIdleTreeComesToTheNewKeyByItself) {
  const auto [old_key, new_key] = GetParam();
  create(old_key == 0 ? KeyRing() : ring(old_key));
  fill();
  ok(stand.flush());
  const std::string older(old_key == 0 ? 0 : 1, old_key);
  ok(reopen(new_key == 0 ? reading_ring(older) : ring(new_key, older)));
  ok(stand.flush());
  while (auto job = stand.tree->plan_merge({}, MergeNeed::idle)) ok(stand.finish(std::move(job)));
  EXPECT_EQ(files_by_key().size(), 1u);
  EXPECT_EQ(files_by_key().begin()->first, id(new_key));
  EXPECT_EQ(stand.items(), expected);
}

INSTANTIATE_TEST_SUITE_P(Keys, TreeKeyChangeTest,
                         ::testing::Values(std::pair{'\0', 'a'}, std::pair{'a', 'b'}, std::pair{'a', '\0'}),
                         [](const auto& each) {
                           if (each.param.first == 0) return "TurnedOn";
                           return each.param.second == 0 ? "TurnedOff" : "Changed";
                         });

/// What is encrypted in the logs and manifests of a directory, by the salt of its file and its offset: by its nonce.
using Pieces = std::map<std::pair<std::string, uint64_t>, Bytes>;
Pieces pieces_of(MemoryFileSystem& files, const std::string& directory, const KeyRing& keys) {
  Pieces pieces;
  const auto names = files.list(directory);
  for (const std::string& name : *names) {
    const auto file = parse_file_name(name);
    if (!file || file->kind == FileName::Kind::table || file->kind == FileName::Kind::lock) continue;
    const std::string path = join_path(directory, name);
    const Bytes content = content_of(files, path);
    auto reader = LogReader::open(files, path, file->number, keys);
    if (!reader.ok()) continue;
    const auto& salt = reader->header().sealing.seal.salt;
    for (auto record = reader->next(); record.ok() && *record; record = reader->next()) {
      const uint64_t begin = reader->record_offset();
      const auto front =
          read_record_front(reader->header(), ByteView(content).substr(begin, kRecordFrameSizeMax));
      pieces[{{salt.data(), salt.size()}, begin}] = content.substr(begin, front->size);
    }
  }
  return pieces;
}

// A crash cuts off what was encrypted for some place; nothing else may ever be encrypted for it.
TEST_F(TreeSecrecyTest, NoNonceComesTwiceHoweverOftenPowerFails) {
  Pieces seen;
  size_t repeated = 0;
  const auto look = [&] {
    for (const auto& [nonce, bytes] : pieces_of(files, stand.directory(), stand.keys)) {
      const auto [at, fresh] = seen.emplace(nonce, bytes);
      if (!fresh && at->second != bytes) ++repeated;
    }
  };
  create(ring('a'));
  for (int life = 0; life < 12; ++life) {
    put(40 * life, 20);
    if (life % 2 == 0) ok(stand.flush());
    put(40 * life + 20, 20);
    look();
    stand.drop();
    // Of some lives nothing that was not synced is kept, of others some of it.
    life % 3 == 0 ? files.crash() : files.crash(static_cast<uint64_t>(life));
    ok(stand.open());
    look();
  }
  EXPECT_EQ(repeated, 0u);
  EXPECT_GT(seen.size(), 200u);
}

}  // namespace
}  // namespace coppice::engine
