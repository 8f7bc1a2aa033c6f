// Memory that is handed out piece by piece and given back all at once.
#pragma once

#include <atomic>
#include <cstddef>

namespace coppice::engine {

/// Lock-free bump allocation in growing blocks: 32 KiB at first, 2 MiB at most, a block of its own for what
/// is larger than a quarter of that. The largest are laid out for huge pages. Nothing is freed before the arena is destroyed.
///
/// Orderings. `used` of a block is a ticket counter: fetch_add gives every caller a piece of its own, so
/// relaxed is enough; what callers write into their pieces they publish themselves. A new block becomes
/// `current_` by a release CAS and is read by an acquire load, so that its header is seen whole. Lists of
/// blocks are walked only by size(), which needs no more, and by the destructor, when no other thread is
/// left.
class Arena {
public:
  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  ~Arena();

  /// `size` bytes, aligned to 8. Requires: `size` > 0.
  /// Threads: any number.
  char* allocate(size_t size);

  /// Bytes taken from the system, less what the newest block has left.
  /// Threads: any number.
  size_t size() const;

private:
  struct Block {
    Block* before;       // the one that was current before it
    size_t capacity;     // of the bytes behind this header
    size_t size_before;  // of all blocks before it, headers too; 0 for large ones
    std::atomic<size_t> used{0};

    char* bytes() { return reinterpret_cast<char*>(this + 1); }
  };

  static Block* make_block(Block* before, size_t block_size, size_t size_before);
  static void free_blocks(Block* last);
  char* allocate_behind(Block* full, size_t size);
  char* allocate_large(size_t size);

  std::atomic<Block*> current_{nullptr};
  std::atomic<Block*> large_{nullptr};
  std::atomic<size_t> large_size_{0};
};

}  // namespace coppice::engine
