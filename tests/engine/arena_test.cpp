#include "engine/base/arena.hpp"

#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "engine/base/random.hpp"

namespace coppice::engine {
namespace {

struct Piece {
  char* bytes;
  size_t size;
  char mark;
};

/// Takes pieces and marks every byte of them.
std::vector<Piece> take_pieces(Arena& arena, char mark, int count) {
  Random random(static_cast<uint64_t>(mark));
  std::vector<Piece> pieces;
  for (int i = 0; i < count; ++i) {
    const size_t size = 1 + random.below(random.one_in(500) ? 1 << 20 : 300);
    pieces.push_back({arena.allocate(size), size, mark});
    std::memset(pieces.back().bytes, mark, size);
  }
  return pieces;
}

bool is_whole(const Piece& piece) {
  for (size_t i = 0; i < piece.size; ++i)
    if (piece.bytes[i] != piece.mark) return false;
  return reinterpret_cast<uintptr_t>(piece.bytes) % 8 == 0;
}

TEST(ArenaTest, PiecesAreAlignedAndDoNotOverlap) {
  Arena arena;
  EXPECT_EQ(arena.size(), 0u);
  size_t sum = 0;
  std::vector<std::vector<Piece>> rounds;
  for (char mark = 'a'; mark < 'e'; ++mark) rounds.push_back(take_pieces(arena, mark, 2000));
  for (const auto& round : rounds) {
    for (const Piece& piece : round) {
      EXPECT_TRUE(is_whole(piece));
      sum += piece.size;
    }
  }
  EXPECT_GE(arena.size(), sum);
  EXPECT_LE(arena.size(), sum + sum / 4 + (2 << 20));
}

TEST(ArenaTest, SmallUseTakesLittle) {
  Arena arena;
  arena.allocate(1);
  EXPECT_LE(arena.size(), 64u);
}

TEST(ArenaTest, ManyThreadsGetPiecesOfTheirOwn) {
  constexpr int kThreads = 8;
  Arena arena;
  std::vector<std::vector<Piece>> pieces(kThreads);
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i)
      threads.emplace_back(
          [&, i] { pieces[static_cast<size_t>(i)] = take_pieces(arena, static_cast<char>('a' + i), 3000); });
  }
  for (const auto& own : pieces)
    for (const Piece& piece : own) ASSERT_TRUE(is_whole(piece));
}

}  // namespace
}  // namespace coppice::engine
