#include "engine/cursor/merge_cursor.hpp"

#include <gtest/gtest.h>

#include "tests/support/cursor_model.hpp"

namespace coppice::engine {
namespace {

std::unique_ptr<Cursor> merge(const std::vector<std::vector<OwnedEntry>>& sources) {
  std::vector<std::unique_ptr<Cursor>> children;
  for (const auto& source : sources) children.push_back(std::make_unique<VectorCursor>(source));
  return make_merge_cursor(std::move(children));
}

// Each source after the other, so that a stable sort puts equal positions in the order of the sources.
std::vector<OwnedEntry> in_one(const std::vector<std::vector<OwnedEntry>>& sources) {
  std::vector<OwnedEntry> all;
  for (const auto& source : sources) all.insert(all.end(), source.begin(), source.end());
  std::stable_sort(all.begin(), all.end());
  return all;
}

TEST(MergeCursorTest, MovesLikeAllEntriesInOneVector) {
  Random random(1);
  for (size_t count = 0; count < 12; ++count)
    for (int round = 0; round < 20; ++round) {
      std::vector<std::vector<OwnedEntry>> sources;
      for (size_t i = 0; i < count; ++i) {
        sources.push_back(random_entries(random, random.below(40), 3, 10));
        // Which source an entry came from shows in its value.
        for (OwnedEntry& entry : sources.back()) entry.value = std::to_string(i);
      }
      const auto cursor = merge(sources);
      expect_moves_like(*cursor, in_one(sources), random, 300);
      ASSERT_FALSE(testing::Test::HasFatalFailure()) << count << " children";
    }
}

TEST(MergeCursorTest, TheFailureOfOneIsTheFailureOfAll) {
  std::vector<std::unique_ptr<Cursor>> children;
  children.push_back(std::make_unique<VectorCursor>(std::vector<OwnedEntry>{{"a", 1}, {"c", 1}, {"d", 1}}));
  auto failing = std::make_unique<VectorCursor>(std::vector<OwnedEntry>{{"b", 1}, {"e", 1}});
  VectorCursor& second = *failing;
  children.push_back(std::move(failing));
  const auto cursor = make_merge_cursor(std::move(children));
  ASSERT_EQ(cursor->seek({})->key, "a");
  ASSERT_EQ(cursor->next()->key, "b");

  second.fail({Errc::corruption, "file at 0"});
  EXPECT_EQ(cursor->next(), nullptr);
  EXPECT_EQ(cursor->status().error().code, Errc::corruption);
  EXPECT_EQ(cursor->seek({}), nullptr);
}

TEST(MergeCursorTest, OfNothingIsEmpty) {
  const auto cursor = make_merge_cursor({});
  EXPECT_EQ(cursor->seek({}), nullptr);
  EXPECT_EQ(cursor->seek_last(), nullptr);
  EXPECT_TRUE(cursor->status().ok());
}

}  // namespace
}  // namespace coppice::engine
