// TreeReader::get_many: several keys at one moment. tests/model compares it with a map over random histories.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/memory_file_system.hpp"
#include "tests/support/tree_stand.hpp"

namespace coppice::engine {
namespace {

using ::testing::HasSubstr;
using Values = std::vector<std::optional<Bytes>>;

class GetManyTest : public ::testing::Test {
protected:
  GetManyTest() {
    ok(stand.create());
    ok(stand.open());
  }

  static void ok(const Status& status) { ASSERT_TRUE(status.ok()) << to_string(status.error()); }
  static Bytes key_of(size_t number) { return "key" + std::to_string(100'000 + number); }
  static Bytes value_of(size_t number) { return Bytes(200, static_cast<char>('a' + number % 26)); }
  void fill(size_t count) {
    for (size_t number = 0; number < count; ++number) {
      ok(stand.put(key_of(number), value_of(number)));
      ok(stand.catch_up());
    }
  }
  /// Nothing is in memory.
  void reopen_merged() {
    ok(stand.compact());
    ok(stand.tree->close());
    ok(stand.open());
  }
  Result<Values> get(const std::vector<Bytes>& keys, const ReadOptions& options = {},
                     size_t size_max = SIZE_MAX) const {
    return stand.reader->get_many(std::vector<ByteView>(keys.begin(), keys.end()), options, size_max);
  }

  MemoryFileSystem files;
  TreeStand stand{files};
};

TEST_F(GetManyTest, AnswersInTheOrderAskedFor) {
  fill(2'000);
  reopen_merged();
  std::vector<Bytes> keys;
  Values expected;
  // More than one group, neither in order nor without repeats.
  for (size_t i = 0; i < 300; ++i) {
    const size_t number = i * 7'919 % 4'000;
    keys.push_back(key_of(number));
    expected.push_back(number < 2'000 ? std::optional(value_of(number)) : std::nullopt);
  }
  keys.push_back(keys.front());
  expected.push_back(expected.front());

  for (int warm = 0; warm < 2; ++warm) {
    const auto values = get(keys);
    ASSERT_TRUE(values.ok()) << to_string(values.error());
    EXPECT_EQ(*values, expected);
  }
  EXPECT_TRUE(get({})->empty());
}

TEST_F(GetManyTest, SeesOneMomentWithItsDeletes) {
  fill(500);
  ok(stand.compact());
  const Timestamp before = stand.reader->visible();
  stand.snapshots.push_back(before);
  ok(stand.remove(key_of(1)));
  ok(stand.flush());
  ok(stand.delete_range(key_of(100), key_of(200)));
  ok(stand.put(key_of(150), "again"));

  const std::vector<Bytes> keys{key_of(0), key_of(1), key_of(120), key_of(150), key_of(200)};
  EXPECT_EQ(*get(keys), (Values{value_of(0), std::nullopt, std::nullopt, "again", value_of(200)}));
  EXPECT_EQ(*get(keys, {.at = before, .cached_only = false}),
            (Values{value_of(0), value_of(1), value_of(120), value_of(150), value_of(200)}));
}

TEST_F(GetManyTest, RefusesMoreThanItMayAnswer) {
  fill(10);
  const std::vector<Bytes> keys{key_of(1), key_of(2), "absent"};
  EXPECT_TRUE(get(keys, {}, 400).ok());
  EXPECT_EQ(get(keys, {}, 399).error().code, Errc::invalid_argument);
  EXPECT_EQ(get({key_of(1), ""}).error().code, Errc::invalid_argument);
}

TEST_F(GetManyTest, FromMemoryAloneItNeverTouchesTheDisk) {
  fill(1'000);
  reopen_merged();
  const std::vector<Bytes> keys{key_of(10), key_of(500)};
  const uint64_t before = files.operation_count();
  EXPECT_EQ(get(keys, {.at = {}, .cached_only = true}).error().code, Errc::would_block);
  EXPECT_EQ(files.operation_count(), before);
  ASSERT_TRUE(get(keys).ok());
  EXPECT_EQ(*get(keys, {.at = {}, .cached_only = true}), (Values{value_of(10), value_of(500)}));
}

TEST_F(GetManyTest, ADamagedBlockFailsAllOfItByName) {
  fill(1'000);
  reopen_merged();
  std::string damaged;
  const auto names = files.list(stand.directory());
  for (const std::string& name : *names) {
    if (!name.ends_with(".sst")) continue;
    damaged = name;
    // In the first data block.
    files.flip_bit(stand.path(name), 8 * 100);
  }
  uint64_t failed = 0;
  for (size_t number = 0; number < 1'000; number += 20) {
    const auto values = get({key_of(number), key_of(number + 1), key_of(number + 2)});
    if (values.ok()) {
      EXPECT_EQ(*values, (Values{value_of(number), value_of(number + 1), value_of(number + 2)}));
      continue;
    }
    ++failed;
    EXPECT_EQ(values.error().code, Errc::corruption);
    EXPECT_THAT(values.error().text, HasSubstr(".sst"));
  }
  EXPECT_GT(failed, 0u);
  EXPECT_LT(failed, 50u);
}

TEST_F(GetManyTest, EveryReadThatFailsIsAnErrorAndTheNextCallIsWhole) {
  fill(1'000);
  std::vector<Bytes> keys;
  Values expected;
  for (size_t number = 0; number < 1'000; number += 50) {
    keys.push_back(key_of(number));
    expected.push_back(value_of(number));
  }
  uint64_t fails = 0;
  for (;; ++fails) {
    reopen_merged();
    files.fail_after(fails);
    const auto values = get(keys);
    files.heal();
    if (values.ok()) {
      EXPECT_EQ(*values, expected);
      break;
    }
    EXPECT_EQ(values.error().code, Errc::io_error);
    EXPECT_EQ(*get(keys), expected);
  }
  EXPECT_GT(fails, 10u);
}

TEST_F(GetManyTest, OneWhoComesAfterTheEndIsToldSo) {
  fill(10);
  ok(stand.tree->close());
  EXPECT_EQ(get({key_of(1)}).error().code, Errc::unavailable);
}

}  // namespace
}  // namespace coppice::engine
