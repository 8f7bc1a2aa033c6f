// Moves a cursor at random and compares every answer with a sorted vector.
#pragma once

#include <vector>

#include <gtest/gtest.h>

#include "engine/base/random.hpp"
#include "tests/support/vector_cursor.hpp"

namespace coppice::engine {

/// Random versions of random short keys over few letters, sorted, no position twice.
inline std::vector<OwnedEntry> random_entries(Random& random, size_t count, size_t key_size_max,
                                              uint64_t commit_max) {
  std::vector<OwnedEntry> entries;
  for (size_t i = 0; i < count; ++i) {
    Bytes key(1 + random.below(key_size_max), 'a');
    for (char& c : key) c = static_cast<char>('a' + random.below(3));
    entries.emplace_back(key, 1 + random.below(commit_max), random.one_in(4) ? Kind::remove : Kind::put,
                         Bytes(random.below(30), static_cast<char>('A' + random.below(26))));
  }
  std::sort(entries.begin(), entries.end());
  const auto same = [](const OwnedEntry& a, const OwnedEntry& b) { return !(a < b); };
  entries.erase(std::unique(entries.begin(), entries.end(), same), entries.end());
  return entries;
}

/// `cursor` has the moves of a Cursor; `entries` are what it should walk, in order.
template <class AnyCursor>
void expect_moves_like(AnyCursor& cursor, const std::vector<OwnedEntry>& entries, Random& random, int moves) {
  VectorCursor model(entries);
  std::optional<OwnedEntry> here;
  for (int i = 0; i < moves; ++i) {
    const Entry* got = nullptr;
    const Entry* want = nullptr;
    const uint64_t choice = random.below(here ? 10 : 3);
    Bytes key(random.below(5), 'a');
    for (char& c : key) c = static_cast<char>('a' + random.below(4));
    const Position target{key, Timestamp{random.below(12)}};
    switch (choice) {
      case 0:
        got = cursor.seek(target), want = model.seek(target);
        break;
      case 1:
        got = cursor.seek_before(target), want = model.seek_before(target);
        break;
      case 2:
        got = cursor.seek_last(), want = model.seek_last();
        break;
      default:
        if (random.one_in(2)) {
          got = cursor.next(), want = model.next();
        } else {
          got = cursor.prev(), want = model.prev();
        }
    }
    here = owned(want);
    ASSERT_EQ(owned(got), here) << "move " << i << ", choice " << choice;
  }
}

}  // namespace coppice::engine
