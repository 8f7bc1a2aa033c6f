// Operands in a tree: what reads of every kind say, through memtables, tables, logs and snapshots.
#include <gtest/gtest.h>

#include "engine/apply.hpp"
#include "tests/support/memory_file_system.hpp"
#include "tests/support/tree_stand.hpp"

namespace coppice::engine {
namespace {

class TreeOperandTest : public ::testing::Test {
protected:
  TreeOperandTest() {
    EXPECT_TRUE(stand.create().ok());
    EXPECT_TRUE(stand.open().ok());
  }

  void merge(ByteView key, Operator op, ByteView operand) {
    Batch batch;
    ASSERT_TRUE(batch.merge(key, op, operand).ok());
    ASSERT_TRUE(stand.write(batch).ok());
  }
  void add(ByteView key, int64_t number) { merge(key, Operator::add, number_value(number)); }
  void append(ByteView key, ByteView bytes) { merge(key, Operator::append, bytes); }
  void put(ByteView key, ByteView value) { ASSERT_TRUE(stand.put(key, value).ok()); }
  void flush() { ASSERT_TRUE(stand.flush().ok()); }
  void reopen() {
    stand.drop();
    ASSERT_TRUE(stand.open().ok());
  }
  Timestamp snapshot() {
    const Timestamp at = stand.tick();
    stand.tree->advance(at);
    stand.snapshots.push_back(at);
    return at;
  }

  std::optional<int64_t> number(ByteView key, std::optional<Timestamp> at = {}) {
    return number_of(stand.get(key, at));
  }
  /// What get, get_many and cursors both ways say, if it is the same.
  Bytes everywhere(ByteView key, std::optional<Timestamp> at = {}) {
    const Bytes got = stand.get(key, at);
    const ReadOptions options{.at = at, .cached_only = false};
    const std::array<ByteView, 2> keys{key, "other"};
    const auto many = stand.reader->get_many(keys, options);
    EXPECT_TRUE(many.ok());
    EXPECT_EQ(many->front().value_or("(none)"), got);
    auto cursor = *stand.reader->cursor({}, options);
    const Item* item = cursor->seek(key);
    EXPECT_EQ(item == nullptr || item->key != key ? "(none)" : Bytes(item->value), got);
    item = cursor->seek_before(Bytes(key) + '\0');
    EXPECT_EQ(item == nullptr || item->key != key ? "(none)" : Bytes(item->value), got);
    EXPECT_TRUE(cursor->status().ok());
    return got;
  }
  uint64_t entries() {
    uint64_t sum = 0;
    for (const LevelStats& level : stand.tree->stats().levels) sum += level.entries;
    return sum;
  }

  MemoryFileSystem files;
  TreeStand stand{files};
};

TEST_F(TreeOperandTest, CountsThroughEverySource) {
  add("k", 1);
  EXPECT_EQ(everywhere("k"), number_value(1));
  flush();
  EXPECT_EQ(everywhere("k"), number_value(1));
  add("k", 2);
  EXPECT_EQ(everywhere("k"), number_value(3));
  ASSERT_TRUE(stand.tree->seal_memtable().ok());
  add("k", 4);
  EXPECT_EQ(everywhere("k"), number_value(7));
  flush();
  add("k", 8);
  EXPECT_EQ(everywhere("k"), number_value(15));
  ASSERT_TRUE(stand.compact().ok());
  EXPECT_EQ(everywhere("k"), number_value(15));
  EXPECT_EQ(entries(), 1u);
}

TEST_F(TreeOperandTest, StandsOnPutsRemovesAndRangeDeletesOfOtherSources) {
  put("a", number_value(10));
  put("b", number_value(10));
  put("c", number_value(10));
  flush();
  add("a", 1);
  ASSERT_TRUE(stand.remove("b").ok());
  ASSERT_TRUE(stand.delete_range("c", "d").ok());
  flush();
  add("a", 1);
  add("b", 1);
  add("c", 1);
  EXPECT_EQ(everywhere("a"), number_value(12));
  EXPECT_EQ(everywhere("b"), number_value(1));
  EXPECT_EQ(everywhere("c"), number_value(1));
  ASSERT_TRUE(stand.remove("a").ok());
  EXPECT_EQ(everywhere("a"), "(none)");
}

TEST_F(TreeOperandTest, EveryMomentKeepsItsSum) {
  put("k", number_value(100));
  std::vector<std::pair<Timestamp, int64_t>> moments;
  int64_t sum = 100;
  for (int i = 0; i < 40; ++i) {
    add("k", i);
    sum += i;
    if (i % 5 == 0) moments.emplace_back(snapshot(), sum);
    if (i % 9 == 0) flush();
    if (i == 30) {
      ASSERT_TRUE(stand.compact().ok());
    }
    for (const auto& [at, expected] : moments) ASSERT_EQ(everywhere("k", at), number_value(expected)) << i;
    ASSERT_EQ(everywhere("k"), number_value(sum)) << i;
  }
}

TEST_F(TreeOperandTest, OfOneBatchTheLaterIsDoneToWhatTheEarlierMade) {
  put("old", "old ");
  Batch batch;
  ASSERT_TRUE(batch.put("a", "put ").ok());
  ASSERT_TRUE(batch.merge("a", Operator::append, "one ").ok());
  ASSERT_TRUE(batch.merge("a", Operator::append, "two").ok());
  ASSERT_TRUE(batch.merge("b", Operator::append, "gone").ok());
  ASSERT_TRUE(batch.put("b", "put").ok());
  ASSERT_TRUE(batch.remove("old").ok());
  ASSERT_TRUE(batch.merge("old", Operator::append, "new").ok());
  ASSERT_TRUE(batch.merge("c", Operator::append, "gone").ok());
  ASSERT_TRUE(batch.delete_range("c", "d").ok());
  ASSERT_TRUE(batch.merge("c", Operator::append, "kept").ok());
  ASSERT_TRUE(batch.merge("d", Operator::append, "x").ok());
  ASSERT_TRUE(batch.remove("d").ok());
  ASSERT_TRUE(stand.write(batch).ok());
  const auto check = [&] {
    EXPECT_EQ(everywhere("a"), "put one two");
    EXPECT_EQ(everywhere("b"), "put");
    EXPECT_EQ(everywhere("c"), "kept");
    EXPECT_EQ(everywhere("d"), "(none)");
    EXPECT_EQ(everywhere("old"), "new");
  };
  check();
  reopen();
  check();
  flush();
  check();
}

TEST_F(TreeOperandTest, TheLogIsDoneOnce) {
  put("k", number_value(1));
  for (int i = 0; i < 10; ++i) add("k", 1);
  reopen();
  EXPECT_EQ(number("k"), 11);
  add("k", 1);
  flush();
  reopen();
  add("k", 1);
  reopen();
  EXPECT_EQ(number("k"), 13);
  ASSERT_TRUE(stand.tree->close().ok());
  ASSERT_TRUE(stand.open().ok());
  EXPECT_EQ(everywhere("k"), number_value(13));
}

/// How many versions of its key a reader of now meets.
size_t chain_size(const Memtable& memtable, ByteView key) {
  size_t size = 0;
  for (Timestamp at = kTimestampMax;;) {
    const auto entry = memtable.find(key, at);
    if (!entry) return size;
    ++size;
    if (!is_operand(entry->kind)) return size;
    at = Timestamp{decode_operand(entry->value)->since.raw - 1};
  }
}

TEST_F(TreeOperandTest, AReaderOfAHotKeyMeetsFewOperands) {
  Memtable memtable(7);
  uint64_t commit = 0;
  size_t longest = 0;
  const auto write = [&](ByteView key, Operator op, ByteView operand) {
    Batch batch;
    ASSERT_TRUE(batch.merge(key, op, operand).ok());
    Applier applier(memtable);
    applier.apply(batch, Timestamp{++commit});
    applier.finish();
    longest = std::max(longest, chain_size(memtable, key));
  };
  for (int i = 0; i < 20'000; ++i) write("counter", Operator::add, number_value(1));
  EXPECT_EQ(longest, 1u);
  longest = 0;
  for (int i = 0; i < 5'000; ++i) write("list", Operator::append, Bytes(100, 'x'));
  EXPECT_LE(longest, 14u);
  // And for that the memtable does not take many times what was written.
  EXPECT_LT(memtable.data_size(), size_t{14} * 5'000 * 100);
  longest = 0;
  for (size_t i = 0; i < 300; ++i) write("large first", Operator::append, Bytes(30'000 - 100 * i, 'x'));
  EXPECT_LE(longest, 14u);
  longest = 0;
  for (int i = 0; i < 2'000; ++i) {
    write("mixed", Operator::add, number_value(1));
    write("mixed", Operator::append, "y");
  }
  EXPECT_LE(longest, 14u);
}

TEST_F(TreeOperandTest, AnOperandStaysApartFromAnEarlierValueThatExpires) {
  Memtable memtable(7);
  const auto apply = [&](const Batch& batch, uint64_t commit) {
    Applier applier(memtable);
    applier.apply(batch, Timestamp{commit});
    applier.finish();
    return *memtable.find("k", kTimestampMax);
  };
  Batch add;
  ASSERT_TRUE(add.merge("k", Operator::add, number_value(2)).ok());
  Batch both;
  ASSERT_TRUE(both.put_until("k", number_value(40), 1234).ok());
  ASSERT_TRUE(both.merge("k", Operator::add, number_value(2)).ok());
  // In one batch the put itself is changed.
  const Entry changed = apply(both, 5);
  EXPECT_EQ(changed.kind, Kind::put_that_expires);
  EXPECT_EQ(expiry_of(changed.value), 1234u);
  EXPECT_EQ(plain_value(changed.kind, changed.value), number_value(42));
  const Entry apart = apply(add, 6);
  ASSERT_EQ(apart.kind, Kind::operand);
  EXPECT_EQ(decode_operand(apart.value)->since, Timestamp{6});
}

TEST_F(TreeOperandTest, AFlushJoinsWhatTheMemtableDidNot) {
  for (int i = 0; i < 50; ++i) append("list", Bytes(1000 - 19 * static_cast<size_t>(i), 'x'));
  flush();
  EXPECT_EQ(entries(), 1u);
}

TEST_F(TreeOperandTest, AMemtableWithOperandsIsFlushedAsOne) {
  // So many keys that without the operand some would skip level 0.
  stand.options.min_compaction_files = 2;
  ASSERT_TRUE(stand.open().ok());
  int64_t sum = 0;
  for (int round = 0; round < 12; ++round) {
    for (int i = 0; !stand.tree->memtable_full(); ++i) put("k" + std::to_string(i), Bytes(100, 'v'));
    add("k5-counter", 1);
    ++sum;
    ASSERT_TRUE(stand.tree->seal_memtable().ok());
    auto job = stand.tree->plan_flush({});
    ASSERT_TRUE(job);
    ASSERT_TRUE(stand.finish(std::move(job)).ok());
    EXPECT_EQ(stand.tree->stats().sealed_memtables, 0u) << round;
    reopen();
    ASSERT_EQ(number("k5-counter"), sum) << round;
    while (auto merge = stand.tree->plan_merge({})) ASSERT_TRUE(stand.finish(std::move(merge)).ok());
    ASSERT_EQ(number("k5-counter"), sum) << round;
  }
}

TEST_F(TreeOperandTest, AScanCrossesManyOperands) {
  for (int i = 0; i < 300; ++i) {
    add("k" + std::to_string(1000 + i), i);
    if (i % 50 == 0) flush();
    add("k" + std::to_string(1000 + i), 1);
    if (i % 3 == 0) put("l" + std::to_string(i), "put");
  }
  const TreeStand::Items items = stand.items();
  EXPECT_EQ(items.size(), 400u);
  auto cursor = *stand.reader->cursor({}, {});
  auto expected = items.rbegin();
  for (const Item* item = cursor->seek_last(); item != nullptr; item = cursor->prev(), ++expected) {
    ASSERT_NE(expected, items.rend());
    EXPECT_EQ(item->key, expected->first);
    EXPECT_EQ(item->value, expected->second);
  }
  EXPECT_EQ(expected, items.rend());
  EXPECT_EQ(items.at("k1250"), number_value(251));
}

TEST_F(TreeOperandTest, AKeyComesBackIntoADeadRangeByAnOperand) {
  for (int i = 0; i < 400; ++i) put("k" + std::to_string(1000 + i), "v");
  for (int i = 0; i < 400; ++i) ASSERT_TRUE(stand.remove("k" + std::to_string(1000 + i)).ok());
  EXPECT_TRUE(stand.items().empty());
  add("k1200", 5);
  EXPECT_EQ(stand.items().size(), 1u);
}

}  // namespace
}  // namespace coppice::engine
