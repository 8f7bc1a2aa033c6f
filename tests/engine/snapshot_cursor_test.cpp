#include "engine/cursor/snapshot_cursor.hpp"

#include <map>

#include <gtest/gtest.h>

#include "engine/cursor/level_cursor.hpp"
#include "engine/cursor/merge_cursor.hpp"
#include "engine/memory/range_deletes.hpp"
#include "tests/support/cursor_model.hpp"
#include "tests/support/memory_file_system.hpp"
#include "tests/support/table_files.hpp"

namespace coppice::engine {
namespace {

using Live = std::map<Bytes, Bytes>;

// What must be seen, by the definition: for each key, its newest version, unless removed or covered.
Live live_at(const std::vector<OwnedEntry>& entries, const std::vector<RangeDelete>& deletes, uint64_t at,
             const KeyRange& range) {
  Live live;
  Bytes judged;
  for (const OwnedEntry& entry : entries) {
    if (entry.commit > at || !range.contains(entry.key) || entry.key == judged) continue;
    judged = entry.key;
    bool covered = false;
    for (const RangeDelete& each : deletes)
      covered |= each.commit.raw <= at && each.commit.raw > entry.commit && each.begin <= entry.key &&
                 (each.unbounded || entry.key < each.end);
    if (entry.kind == Kind::put && !covered) live[entry.key] = entry.value;
  }
  return live;
}

using Seen = std::optional<std::pair<Bytes, Bytes>>;
Seen seen(const Item* item) {
  if (item == nullptr) return std::nullopt;
  return std::pair(Bytes(item->key), Bytes(item->value));
}

// Walks at random and compares with a map.
void expect_sees(VisibleCursor& cursor, const Live& live, Random& random, int moves) {
  auto here = live.end();
  for (int i = 0; i < moves; ++i) {
    const uint64_t choice = random.below(here == live.end() ? 3 : 12);
    Bytes key(random.below(4), 'a');
    for (char& c : key) c = static_cast<char>('a' + random.below(4));
    const Item* got = nullptr;
    const auto before = [&](Live::const_iterator place) {
      return place == live.begin() ? live.end() : std::prev(place);
    };
    if (choice == 0) {
      got = cursor.seek(key);
      here = live.lower_bound(key);
    } else if (choice == 1) {
      got = cursor.seek_before(key);
      here = before(live.lower_bound(key));
    } else if (choice == 2) {
      got = cursor.seek_last();
      here = before(live.end());
    } else if (random.one_in(2)) {
      got = cursor.next();
      ++here;
    } else {
      got = cursor.prev();
      here = before(here);
    }
    const Seen want = here == live.end() ? Seen() : Seen(*here);
    ASSERT_EQ(seen(got), want) << "move " << i << ", choice " << choice << " " << key;
  }
}

Bytes random_key(Random& random) {
  Bytes key(1 + random.below(3), 'a');
  for (char& c : key) c = static_cast<char>('a' + random.below(3));
  return key;
}

std::vector<RangeDelete> random_deletes(Random& random, size_t count) {
  std::vector<RangeDelete> deletes;
  for (size_t i = 0; i < count; ++i) {
    RangeDelete each{random_key(random), random_key(random), random.one_in(6),
                     Timestamp{1 + random.below(10)}};
    if (each.end < each.begin) std::swap(each.begin, each.end);
    if (each.unbounded) each.end.clear();
    if (each.unbounded || each.begin < each.end) deletes.push_back(each);
  }
  return deletes;
}

KeyRange random_range(Random& random) {
  KeyRange range{random_key(random), random_key(random)};
  if (*range.end < range.begin) std::swap(*range.end, range.begin);
  if (random.one_in(3)) range.end.reset();
  if (random.one_in(3)) range.begin.clear();
  return range;
}

TEST(SnapshotCursorTest, ShowsWhatTheDefinitionSays) {
  Random random(1);
  for (int round = 0; round < 400; ++round) {
    const uint64_t commit_max = random.one_in(2) ? 10 : 60;  // few versions a key, or many
    std::vector<std::unique_ptr<Cursor>> children;
    std::vector<OwnedEntry> all = random_entries(random, random.below(150), 3, commit_max);
    std::vector<std::vector<OwnedEntry>> parts(3);
    for (const OwnedEntry& entry : all) parts[random.below(3)].push_back(entry);
    for (auto& part : parts) children.push_back(std::make_unique<VectorCursor>(part));
    const auto first = random_deletes(random, random.below(4));
    const auto second = random_deletes(random, random.below(4));
    const RangeDeletes a(first);
    const RangeDeletes b(second);
    std::vector<RangeDelete> deletes = first;
    deletes.insert(deletes.end(), second.begin(), second.end());
    const KeyRange range = random_range(random);
    const uint64_t at = random.below(commit_max + 2);

    const auto cursor = make_visible_cursor(make_merge_cursor(std::move(children)), {&a, nullptr, &b}, range,
                                            Timestamp{at}, {});
    expect_sees(*cursor, live_at(all, deletes, at, range), random, 100);
    ASSERT_FALSE(testing::Test::HasFatalFailure()) << "round " << round;
  }
}

// The same over tables, where crossing a range delete leaves out entries, blocks and whole tables.
TEST(SnapshotCursorTest, ShowsTheSameOverTables) {
  Random random(2);
  for (int round = 0; round < 150; ++round) {
    MemoryFileSystem files;
    BlockCache cache(1 << 20);
    std::vector<OwnedEntry> all;
    std::vector<RangeDelete> deletes;
    std::vector<RangeDeletes> frozen;
    std::vector<std::vector<std::shared_ptr<const TableReader>>> levels(3);
    uint64_t number = 0;
    for (size_t level = 0; level < levels.size(); ++level) {
      // Newer levels have newer commits, mostly, as in a tree.
      auto entries = random_entries(random, random.below(200), 3, 4);
      for (OwnedEntry& entry : entries) entry.commit += 3 * (levels.size() - level);
      std::vector<OwnedEntry> part;
      const auto write_part = [&] {
        if (part.empty()) return;
        TableBuilderOptions options;
        options.number = options.unique_id = ++number;
        options.block_size = 64;
        const auto meta = write_table(files, options, part);
        ASSERT_TRUE(meta.ok());
        levels[level].push_back(std::make_shared<TableReader>(files, std::to_string(number), *meta, cache));
        part.clear();
      };
      for (const OwnedEntry& entry : entries) {
        if (!part.empty() && part.back().key != entry.key && random.one_in(10)) write_part();
        part.push_back(entry);
      }
      write_part();
      auto more = random_deletes(random, random.below(3));
      for (RangeDelete& each : more) each.commit.raw += 3;
      frozen.emplace_back(more);
      deletes.insert(deletes.end(), more.begin(), more.end());
      all.insert(all.end(), entries.begin(), entries.end());
    }
    // The same position in two levels does not happen in a tree.
    std::stable_sort(all.begin(), all.end());

    std::vector<std::unique_ptr<Cursor>> children;
    std::vector<const RangeDeletes*> range_deletes;
    for (const auto& level : levels) children.push_back(make_level_cursor(level, {}));
    for (const RangeDeletes& each : frozen) range_deletes.push_back(&each);
    const KeyRange range = random_range(random);
    const uint64_t at = random.below(16);
    const auto cursor =
        make_visible_cursor(make_merge_cursor(std::move(children)), range_deletes, range, Timestamp{at}, {});
    expect_sees(*cursor, live_at(all, deletes, at, range), random, 200);
    ASSERT_FALSE(testing::Test::HasFatalFailure()) << "round " << round;
  }
}

TEST(SnapshotCursorTest, CrossesADeletedSpanInAFewReads) {
  MemoryFileSystem files;
  BlockCache cache(8 << 20);
  std::vector<OwnedEntry> entries;
  for (int i = 0; i < 50'000; ++i) entries.emplace_back("key" + std::to_string(100'000 + i), 5);
  entries.emplace_back("last", 5, Kind::put, "here");
  TableBuilderOptions options;
  const auto meta = write_table(files, options, entries);
  ASSERT_TRUE(meta.ok());
  const std::vector<std::shared_ptr<const TableReader>> level{
      std::make_shared<TableReader>(files, "0", *meta, cache)};
  const RangeDeletes deletes(std::vector<RangeDelete>{{"k", "l", false, Timestamp{6}}});

  const uint64_t before = files.operation_count();

  const auto cursor = make_visible_cursor(make_level_cursor(level, {}), {&deletes}, {}, kTimestampMax, {});
  EXPECT_EQ(seen(cursor->seek("")), Seen(std::pair("last", "here")));
  EXPECT_EQ(cursor->prev(), nullptr);
  EXPECT_LE(files.operation_count() - before, 8u);
}

TEST(SnapshotCursorTest, MayBeSoughtByItsOwnItem) {
  const auto cursor = make_visible_cursor(
      std::make_unique<VectorCursor>(std::vector<OwnedEntry>{{"a", 1}, {"b", 1}, {"c", 1}}), {}, {},
      kTimestampMax, {});
  const Item* item = cursor->seek_before("c");
  ASSERT_EQ(item->key, "b");
  item = cursor->seek(item->key);
  ASSERT_EQ(item->key, "b");
  item = cursor->seek_before(item->key);
  EXPECT_EQ(item->key, "a");
}

TEST(SnapshotCursorTest, KeepsWhatItReadsFrom) {
  auto owner = std::make_shared<int>(1);
  auto cursor = make_visible_cursor(make_merge_cursor({}), {}, {}, kTimestampMax, owner);
  EXPECT_EQ(owner.use_count(), 2);
  cursor.reset();
  EXPECT_EQ(owner.use_count(), 1);
}

TEST(SnapshotCursorTest, PassesAFailureOn) {
  auto failing = std::make_unique<VectorCursor>(std::vector<OwnedEntry>{{"a", 1}});
  failing->fail({Errc::corruption, "file at 0"});
  const auto cursor = make_visible_cursor(std::move(failing), {}, {}, kTimestampMax, {});
  EXPECT_EQ(cursor->seek(""), nullptr);
  EXPECT_EQ(cursor->status().error().code, Errc::corruption);
}

TEST(SnapshotCursorTest, AFailureOnTheWayBackShowsNoOlderVersion) {
  auto failing = std::make_unique<VectorCursor>(std::vector<OwnedEntry>{{"a", 2}, {"a", 1}});
  failing->fail({Errc::corruption, "file at 0"}, 1);
  const auto cursor = make_visible_cursor(std::move(failing), {}, {}, kTimestampMax, {});
  EXPECT_EQ(cursor->seek_last(), nullptr);
  EXPECT_EQ(cursor->status().error().code, Errc::corruption);
}

}  // namespace
}  // namespace coppice::engine
