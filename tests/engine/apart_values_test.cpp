// A tree that keeps large values apart from their keys, as its users see it.
#include <gmock/gmock.h>

#include "tests/support/damage.hpp"
#include "tests/support/memory_file_system.hpp"
#include "tests/support/tree_stand.hpp"

namespace coppice::engine {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr size_t kThreshold = 100;

Bytes large(const Bytes& of) { return of + Bytes(500, 'v'); }

class ApartValuesTest : public ::testing::Test {
protected:
  ApartValuesTest() {
    stand.options.value_threshold = kThreshold;
    ok(stand.create());
    ok(stand.open());
  }
  void ok(const Status& status) { ASSERT_TRUE(status.ok()) << to_string(status.error()); }
  void reopen() {
    ok(stand.tree->close());
    ok(stand.open());
  }
  std::vector<std::string> value_files(const std::string& directory = "/tree") {
    std::vector<std::string> found;
    const auto names = *files.list(directory);
    for (const std::string& name : names)
      if (name.ends_with(".val")) found.push_back(join(directory, name));
    std::ranges::sort(found);
    return found;
  }
  static std::string join(const std::string& directory, const std::string& name) {
    return directory + "/" + name;
  }
  /// Some small values between large ones, in several files.
  void fill() {
    for (int round = 0; round < 3; ++round) {
      for (char c = 'a'; c <= 'z'; ++c) {
        if ((c - 'a') % 3 != round) continue;
        const Bytes key(1, c);
        put(key, (c - 'a') % 4 == 0 ? key : large(key));
      }
      ok(stand.flush());
    }
  }
  void put(const Bytes& key, const Bytes& value) {
    ok(stand.put(key, value));
    expected[key] = value;
  }

  MemoryFileSystem files;
  TreeStand stand{files};
  TreeStand::Items expected;
};

TEST_F(ApartValuesTest, OnlyLargeValuesGoIntoAFileOfTheirOwn) {
  ok(stand.put("small", Bytes(kThreshold - 1, 's')));
  ok(stand.flush());
  EXPECT_THAT(value_files(), IsEmpty());
  ok(stand.put("large", Bytes(kThreshold, 'l')));
  ok(stand.flush());
  EXPECT_EQ(value_files().size(), 1u);
  EXPECT_EQ(stand.get("small"), Bytes(kThreshold - 1, 's'));
  EXPECT_EQ(stand.get("large"), Bytes(kThreshold, 'l'));
  const TreeStats stats = stand.tree->stats();
  EXPECT_EQ(stats.value_files, 1u);
  EXPECT_EQ(stats.value_garbage_size, 0u);
}

TEST_F(ApartValuesTest, ReadsOfEveryKindFindThem) {
  fill();
  EXPECT_GE(value_files().size(), 3u);
  for (const auto& [key, value] : expected) EXPECT_EQ(stand.get(key), value);
  EXPECT_EQ(stand.items(), expected);

  std::vector<ByteView> keys;
  for (const auto& [key, value] : expected) keys.push_back(key);
  const auto found = stand.reader->get_many(keys, {});
  ASSERT_TRUE(found.ok());
  for (size_t i = 0; i < keys.size(); ++i) EXPECT_EQ((*found)[i], expected.at(Bytes(keys[i])));

  {
    const auto cursor = *stand.reader->cursor({}, {});
    auto each = expected.rbegin();
    for (const Item* item = cursor->seek_last(); item != nullptr; item = cursor->prev(), ++each) {
      EXPECT_EQ(item->key, each->first);
      EXPECT_EQ(item->value, each->second);
    }
    EXPECT_EQ(each, expected.rend());
  }
  reopen();
  EXPECT_EQ(stand.items(), expected);
}

TEST_F(ApartValuesTest, SeveralKeysAtOnceKeepToTheSizeAsked) {
  ok(stand.put("a", large("a")));
  ok(stand.put("b", large("b")));
  ok(stand.flush());
  const std::vector<ByteView> keys = {"a", "b"};
  EXPECT_TRUE(stand.reader->get_many(keys, {}, 1002).ok());
  EXPECT_EQ(stand.reader->get_many(keys, {}, 1001).error().code, Errc::invalid_argument);
}

TEST_F(ApartValuesTest, MergingMovesKeysAndLeavesValuesWhereTheyAre) {
  fill();
  const auto before = value_files();
  ok(stand.compact());
  EXPECT_EQ(value_files(), before);
  EXPECT_EQ(stand.items(), expected);
}

TEST_F(ApartValuesTest, OperandsAreDoneToThem) {
  const auto append = [&](const Bytes& key, const Bytes& tail) {
    Batch batch;
    ok(batch.merge(key, Operator::append, tail));
    ok(stand.write(batch));
    expected[key] += tail;
  };
  fill();
  append("b", " and more");
  append("new", large("begun by an operand"));
  const auto check = [&] {
    EXPECT_EQ(stand.get("b"), expected["b"]);
    EXPECT_EQ(stand.items(), expected);
    const std::vector<ByteView> keys = {"b", "c", "new"};
    const auto found = stand.reader->get_many(keys, {});
    ASSERT_TRUE(found.ok());
    for (size_t i = 0; i < keys.size(); ++i) EXPECT_EQ((*found)[i], expected.at(Bytes(keys[i])));
    const auto cursor = *stand.reader->cursor({}, {});
    const Item* item = cursor->seek_before("c");
    ASSERT_NE(item, nullptr);
    EXPECT_EQ(item->value, expected["b"]);
  };
  check();
  ok(stand.flush());
  check();
  append("b", ", again");
  ok(stand.compact());
  check();
  // Of the operands one value is left.
  EXPECT_EQ(stand.tree->stats().levels.back().entries, expected.size());
}

TEST_F(ApartValuesTest, OverwrittenValuesGoWithTheirFile) {
  put("a", large("1"));
  ok(stand.flush());
  const auto before = value_files();
  put("a", large("2"));
  ok(stand.compact());
  ok(stand.catch_up());
  EXPECT_EQ(value_files().size(), 1u);
  EXPECT_NE(value_files(), before);
  EXPECT_EQ(stand.items(), expected);
}

TEST_F(ApartValuesTest, AReaderKeepsTheFilesThatItReads) {
  fill();
  const auto cursor = *stand.reader->cursor({}, {});
  const TreeStand::Items then = expected;
  const Item* item = cursor->seek("");
  ok(stand.delete_range("a", "zz"));
  ok(stand.compact());
  ok(stand.catch_up());
  EXPECT_THAT(stand.items(), IsEmpty());
  EXPECT_FALSE(value_files().empty());
  for (const auto& [key, value] : then) {
    ASSERT_NE(item, nullptr) << to_string(cursor->status().error());
    EXPECT_EQ(item->value, value);
    item = cursor->next();
  }
}

TEST_F(ApartValuesTest, KeysAloneTouchNoValue) {
  fill();
  for (const std::string& name : value_files()) overwrite(files, name, "damaged");
  const auto cursor = *stand.reader->cursor({}, {.at = {}, .cached_only = false, .keys_only = true});
  auto each = expected.begin();
  for (const Item* item = cursor->seek(""); item != nullptr; item = cursor->next(), ++each)
    EXPECT_EQ(item->key, each->first);
  EXPECT_EQ(each, expected.end());
  EXPECT_TRUE(cursor->status().ok());
}

TEST_F(ApartValuesTest, WhatIsNotInMemoryWouldBlock) {
  fill();
  Bytes value;
  const auto asked = [&] { return stand.reader->get("b", {.at = {}, .cached_only = true}, value); };
  EXPECT_EQ(asked().error().code, Errc::would_block);
  EXPECT_EQ(stand.get("b"), large("b"));
  ASSERT_TRUE(asked().ok());
  EXPECT_EQ(value, large("b"));
}

TEST_F(ApartValuesTest, DamageNamesTheFileAndThePlace) {
  fill();
  for (const std::string& name : value_files()) {
    const Bytes whole = files.content(name);
    for (size_t byte = 0; byte < whole.size(); byte += 37) {
      Bytes damaged = whole;
      damaged[byte] = static_cast<char>(damaged[byte] ^ 0x10);
      overwrite(files, name, damaged);
      ok(stand.open());
      // Whatever is answered is right.
      size_t errors = 0;
      for (const auto& [key, value] : expected) {
        const Bytes answer = stand.get(key);
        if (answer == value) continue;
        ++errors;
        EXPECT_THAT(answer, HasSubstr(name + " at "));
      }
      EXPECT_GT(errors, 0u);
      const auto scanned = stand.scan();
      ASSERT_FALSE(scanned.ok());
      EXPECT_EQ(scanned.error().code, Errc::corruption);
      const auto report = stand.reader->verify({});
      ASSERT_TRUE(report.ok());
      ASSERT_FALSE(report->problems.empty());
      EXPECT_THAT(report->problems.front(), HasSubstr(name));
    }
    overwrite(files, name, whole);
  }
}

TEST_F(ApartValuesTest, AMissingFileIsMissedByOpening) {
  fill();
  const std::string name = value_files().front();
  const Bytes whole = files.content(name);
  ok(files.remove(name));
  Status opened = stand.open();
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, Errc::corruption);
  EXPECT_THAT(opened.error().text, HasSubstr(name));
  overwrite(files, name, whole.substr(0, whole.size() - 1));
  opened = stand.open();
  ASSERT_FALSE(opened.ok());
  EXPECT_THAT(opened.error().text, HasSubstr(name));
  overwrite(files, name, whole);
  ok(stand.open());
  EXPECT_EQ(stand.items(), expected);
}

TEST_F(ApartValuesTest, AStrangersFileWithAHugeNumberStaysAndTakesNoNumbers) {
  const std::vector<std::string> strangers{table_file_name(kFileNumberMax),
                                           value_file_name(kFileNumberMax - 1),
                                           log_file_name(kStrangeNumberMin), table_file_name(UINT64_MAX)};
  for (const std::string& name : strangers) ASSERT_TRUE(files.create(stand.path(name)).ok());
  for (int round = 0; round < 3; ++round) {
    reopen();
    ok(stand.put("key", "value"));
    ok(stand.flush());
  }
  EXPECT_EQ(stand.get("key"), "value");
  for (const std::string& name : strangers) EXPECT_TRUE(*files.exists(stand.path(name))) << name;
}

TEST_F(ApartValuesTest, OrphansAreRemovedByOpening) {
  fill();
  ok(stand.tree->close());
  overwrite(files, "/tree/000999.val", "left by a crash");
  ok(stand.open());
  EXPECT_FALSE(*files.exists("/tree/000999.val"));
  EXPECT_EQ(stand.items(), expected);
}

TEST_F(ApartValuesTest, VerifyingReadsEveryValue) {
  fill();
  const auto report = stand.reader->verify({});
  ASSERT_TRUE(report.ok());
  EXPECT_THAT(report->problems, IsEmpty());
  uint64_t apart = 0;
  for (const auto& [key, value] : expected) apart += value.size() >= kThreshold ? 1 : 0;
  EXPECT_EQ(report->values, apart);
}

TEST_F(ApartValuesTest, AnotherThresholdHoldsForWhatIsWrittenFromNowOn) {
  fill();
  stand.options.value_threshold = 0;
  reopen();
  EXPECT_EQ(stand.items(), expected);
  put("new", large("new"));
  ok(stand.compact());
  EXPECT_EQ(stand.items(), expected);
  const size_t count = value_files().size();
  stand.options.value_threshold = kThreshold;
  reopen();
  // What lies with its key goes apart when it is merged.
  put("newer", "x");
  ok(stand.delete_range("newest", "newt"));
  ok(stand.compact());
  EXPECT_GT(value_files().size(), count);
  EXPECT_EQ(stand.items(), expected);
}

TEST_F(ApartValuesTest, BothHalvesOfASplitHaveTheirValues) {
  fill();
  ok(stand.tree->split("m", {"/left"}, {"/right"}));
  ok(stand.tree->close());
  TreeStand left(files, "/left", {"", "m"});
  TreeStand right(files, "/right", {"m", std::nullopt});
  for (TreeStand* half : {&left, &right}) {
    half->options = stand.options;
    half->seed = stand.seed;
    ok(half->open());
  }
  ok(files.remove_tree("/tree"));
  TreeStand::Items both = left.items();
  both.merge(right.items());
  EXPECT_EQ(both, expected);

  // What one half collects is still there for the other.
  for (char c = 'a'; c < 'm'; ++c) ok(left.put(Bytes(1, c), large("new")));
  ok(left.compact());
  ok(left.catch_up());
  const TreeStats stats = left.tree->stats();
  EXPECT_LT(stats.value_files_size, 12 * 600u);
  EXPECT_EQ(right.items().size(), expected.size() - 12);
  EXPECT_EQ(right.get("z"), expected["z"]);
  EXPECT_THAT(right.reader->verify({})->problems, IsEmpty());
  EXPECT_THAT(left.reader->verify({})->problems, IsEmpty());
}

}  // namespace
}  // namespace coppice::engine
