#include "engine/base/arena.hpp"

#include <algorithm>
#include <cstdint>
#include <new>

#include <sys/mman.h>

#include "schema/check.hpp"

namespace coppice::engine {
namespace {

constexpr size_t kAlignment = 8;
// Of a block with its header.
constexpr size_t kBlockSizeMin = 32 << 10;
constexpr size_t kBlockSizeMax = 2 << 20;
constexpr size_t kLargeSize = kBlockSizeMax / 4;

/// A block of kBlockSizeMax that the kernel may back by one huge page, so that searching a full memtable does not
/// miss the TLB at every step. From the kernel and not from malloc, which would keep the memory when it is freed.
void* map_block() {
  // Twice as much, to find an aligned part in it; the rest goes back.
  constexpr size_t kMapped = 2 * kBlockSizeMax;
  void* mapped = ::mmap(nullptr, kMapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  COPPICE_CHECK(mapped != MAP_FAILED);
  char* begin = static_cast<char*>(mapped);
  const size_t before = -reinterpret_cast<uintptr_t>(begin) % kBlockSizeMax;
  if (before > 0) ::munmap(begin, before);
  ::munmap(begin + before + kBlockSizeMax, kBlockSizeMax - before);
  // Advice only: where there are no huge pages, small ones do.
  ::madvise(begin + before, kBlockSizeMax, MADV_HUGEPAGE);
  return begin + before;
}

}  // namespace

Arena::~Arena() {
  free_blocks(current_.load(std::memory_order_relaxed));
  free_blocks(large_.load(std::memory_order_relaxed));
}

char* Arena::allocate(size_t size) {
  COPPICE_CHECK(size > 0);
  size = (size + kAlignment - 1) & ~(kAlignment - 1);
  if (size > kLargeSize) return allocate_large(size);

  Block* block = current_.load(std::memory_order_acquire);
  for (;;) {
    if (block != nullptr) {
      // A block that is full may be asked again by every thread that has not seen the next one: the counter
      // runs past the capacity by their pieces, and is 64 bits wide.
      const size_t offset = block->used.fetch_add(size, std::memory_order_relaxed);
      if (offset + size <= block->capacity) return block->bytes() + offset;
    }
    Block* current = current_.load(std::memory_order_acquire);
    if (current == block) return allocate_behind(block, size);
    block = current;
  }
}

char* Arena::allocate_behind(Block* full, size_t size) {
  const size_t full_size = full == nullptr ? 0 : sizeof(Block) + full->capacity;
  size_t block_size = std::clamp(2 * full_size, kBlockSizeMin, kBlockSizeMax);
  while (block_size < sizeof(Block) + size) block_size *= 2;
  const size_t size_before = full == nullptr ? 0 : full->size_before + full_size;
  Block* fresh = make_block(full, block_size, size_before);
  // Taken before anybody sees the block, so that the one who made it never starves.
  fresh->used.store(size, std::memory_order_relaxed);
  if (current_.compare_exchange_strong(full, fresh, std::memory_order_release, std::memory_order_acquire))
    return fresh->bytes();
  // Somebody was faster; theirs has room, or we come back here.
  fresh->before = nullptr;
  free_blocks(fresh);
  return allocate(size);
}

char* Arena::allocate_large(size_t size) {
  Block* fresh = make_block(large_.load(std::memory_order_relaxed), sizeof(Block) + size, 0);
  while (!large_.compare_exchange_weak(fresh->before, fresh, std::memory_order_release,
                                       std::memory_order_relaxed)) {
  }
  large_size_.fetch_add(sizeof(Block) + size, std::memory_order_relaxed);
  return fresh->bytes();
}

size_t Arena::size() const {
  size_t size = large_size_.load(std::memory_order_relaxed);
  if (const Block* block = current_.load(std::memory_order_acquire))
    size += block->size_before + sizeof(Block) +
            std::min(block->used.load(std::memory_order_relaxed), block->capacity);
  return size;
}

Arena::Block* Arena::make_block(Block* before, size_t block_size, size_t size_before) {
  static_assert(sizeof(Block) % kAlignment == 0);
  void* memory = block_size == kBlockSizeMax ? map_block() : ::operator new(block_size);
  return new (memory) Block{before, block_size - sizeof(Block), size_before};
}

void Arena::free_blocks(Block* last) {
  while (last != nullptr) {
    Block* before = last->before;
    const size_t block_size = sizeof(Block) + last->capacity;
    last->~Block();
    if (block_size == kBlockSizeMax) {
      ::munmap(last, kBlockSizeMax);
    } else {
      ::operator delete(last);
    }
    last = before;
  }
}

}  // namespace coppice::engine
