#include "engine/base/huge_memory.hpp"

#include <cstdint>
#include <new>

#include <sys/mman.h>

#include "schema/check.hpp"

namespace coppice::engine {

namespace {

constexpr size_t kPageSize = 4096;
constexpr size_t kHugePageSize = size_t{2} << 20;
// Below, the page that is begun and not filled would be a large part of the whole.
constexpr size_t kHugeSizeMin = 16 * kHugePageSize;

/// Who was told to care where memory ends comes first, as for operator new.
[[noreturn]] void refuse() {
  if (const std::new_handler handler = std::get_new_handler()) handler();
  throw std::bad_alloc();
}

}  // namespace

HugeMemory::HugeMemory(size_t size) : map_size_(size), size_(size) {
  const bool huge = size >= kHugeSizeMin;
  if (huge) map_size_ += kHugePageSize;
  void* const map =
      ::mmap(nullptr, map_size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (map == MAP_FAILED) refuse();
  map_ = static_cast<char*>(map);
  data_ = map_;
  if (!huge) return;
  data_ += (kHugePageSize - reinterpret_cast<uintptr_t>(map_) % kHugePageSize) % kHugePageSize;
  // A system without large pages refuses, and small ones do.
  (void)::madvise(data_, size_, MADV_HUGEPAGE);
}

HugeMemory::~HugeMemory() { ::munmap(map_, map_size_); }

void HugeMemory::release(size_t offset, size_t size) {
  COPPICE_CHECK(offset % kPageSize == 0);
  COPPICE_CHECK(size % kPageSize == 0);
  COPPICE_CHECK(offset + size <= size_);
  (void)::madvise(data_ + offset, size, MADV_DONTNEED);
}

}  // namespace coppice::engine
