// Memory in large pages, straight from the kernel.
#pragma once

#include <cstddef>

namespace coppice::engine {

/// A stretch of memory that is zero at first and is taken from the system page by page as it is touched. Where it is
/// large, and the system agrees, in pages of 2 MiB: a processor knows the places of some thousand pages by heart, which is
/// little of a cache in pages of 4 KiB.
class HugeMemory {
public:
  /// Throws std::bad_alloc, as operator new does.
  explicit HugeMemory(size_t size);
  ~HugeMemory();
  HugeMemory(const HugeMemory&) = delete;
  HugeMemory& operator=(const HugeMemory&) = delete;

  /// Aligned to 4 KiB at least.
  char* data() const { return data_; }
  size_t size() const { return size_; }

  /// Gives a part back to the system; touched again, it is zero. Requires: multiples of 4 KiB.
  void release(size_t offset, size_t size);

private:
  char* map_ = nullptr;
  size_t map_size_;
  char* data_ = nullptr;
  const size_t size_;
};

}  // namespace coppice::engine
