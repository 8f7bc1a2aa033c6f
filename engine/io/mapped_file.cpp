#include "engine/io/mapped_file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace coppice::engine {

namespace {

constexpr size_t kPageSize = 4096;
constexpr size_t kCacheLineSize = 64;
constexpr size_t kWordBits = 64;
// The kernel allows a process some 65,000 mappings, which the allocator needs too.
constexpr uint32_t kFilesMax = 16 << 10;

// Of the process, as the kernel's limit is.
std::atomic<uint32_t> file_count{0};

/// A copy that is under way on a thread.
struct Copy {
  char* begin;
  uint64_t size;
  std::atomic<bool>* broken;
};

// Where the handler, which runs on the thread that touched the page, finds what that thread was doing.
constinit thread_local const Copy* copy_here = nullptr;

// Written before the handler is installed.
struct sigaction previous_action;

void pass_on(int signal, siginfo_t* info, void* context) {
  if ((previous_action.sa_flags & SA_SIGINFO) != 0)
    return previous_action.sa_sigaction(signal, info, context);
  if (previous_action.sa_handler == SIG_IGN && info->si_code <= 0) return;
  if (previous_action.sa_handler != SIG_DFL && previous_action.sa_handler != SIG_IGN)
    return previous_action.sa_handler(signal);
  // As if nobody handled it: the process ends when this returns.
  ::signal(signal, SIG_DFL);
  ::raise(signal);
}

// Does only what may be done at any point of a program: atomics and system calls.
void on_unreadable_page(int signal, siginfo_t* info, void* context) {
  const Copy* const copy = copy_here;
  const auto* const address = static_cast<const char*>(info->si_addr);
  if (copy == nullptr || info->si_code <= 0 || address < copy->begin || address >= copy->begin + copy->size)
    return pass_on(signal, info, context);
  const int error = errno;
  copy->broken->store(true);
  constexpr long kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED;
  // Other threads may be copying from here, which is meant; sanitizers take the library's mmap for a write.
  const bool done = ::syscall(SYS_mmap, copy->begin, copy->size, long{PROT_READ}, kFlags, -1L, 0L) >= 0;
  errno = error;
  if (!done) pass_on(signal, info, context);
}

bool install_handler() {
  struct sigaction action {};
  action.sa_sigaction = &on_unreadable_page;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
  ::sigemptyset(&action.sa_mask);
  return ::sysconf(_SC_PAGESIZE) == kPageSize && ::sigaction(SIGBUS, nullptr, &previous_action) == 0 &&
         ::sigaction(SIGBUS, &action, nullptr) == 0;
}

// Whether this read is one that asks what is in memory. Every thread counts for itself.
bool is_sample(uint32_t interval) {
  constinit thread_local uint32_t count = 0;
  return ++count % interval == 0;
}

}  // namespace

std::unique_ptr<MappedFile> MappedFile::map(const Descriptor& file, uint64_t size) {
  static const bool is_handled = install_handler();
  if (!is_handled || size == 0) return nullptr;
  if (file_count.fetch_add(1, std::memory_order_relaxed) < kFilesMax) {
    void* const begin = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file.get(), 0);
    if (begin != MAP_FAILED) {
      // Where a page is missing, others near it are not wanted. An advice: what becomes of it does not matter.
      (void)::madvise(begin, size, MADV_RANDOM);
      return std::unique_ptr<MappedFile>(new MappedFile(static_cast<char*>(begin), size));
    }
  }
  file_count.fetch_sub(1, std::memory_order_relaxed);
  return nullptr;
}

MappedFile::MappedFile(char* begin, uint64_t size)
    : begin_(begin), size_(size), known_(std::make_unique<std::atomic<uint64_t>[]>(word_count())) {}

MappedFile::~MappedFile() {
  ::munmap(begin_, size_);
  file_count.fetch_sub(1, std::memory_order_relaxed);
}

size_t MappedFile::word_count() const { return size_ / (kPageSize * kWordBits) + 1; }

bool MappedFile::is_known(size_t first_page, size_t last_page) const {
  for (size_t page = first_page; page <= last_page; ++page) {
    const uint64_t word = known_[page / kWordBits].load(std::memory_order_relaxed);
    if ((word >> (page % kWordBits) & 1) == 0) return false;
  }
  return true;
}

// Of a word's pages, those that are in memory.
uint64_t MappedFile::pages_in_memory(size_t word) const {
  std::array<unsigned char, kWordBits> pages{};
  const uint64_t begin = uint64_t{word} * kWordBits * kPageSize;
  const uint64_t size = std::min<uint64_t>(size_ - begin, kWordBits * kPageSize);
  if (::mincore(begin_ + begin, size, pages.data()) != 0) return 0;
  uint64_t mask = 0;
  for (size_t page = 0; page < kWordBits; ++page) mask |= uint64_t{pages[page] & 1u} << page;
  return mask;
}

bool MappedFile::is_in_memory(uint64_t offset, size_t size) const {
  if (size == 0 || size > kReadSizeMax || broken_.load(std::memory_order_relaxed)) return false;
  const size_t first_page = offset / kPageSize;
  const size_t last_page = (offset + size - 1) / kPageSize;
  if (!is_known(first_page, last_page)) {
    for (size_t word = first_page / kWordBits; word <= last_page / kWordBits; ++word)
      known_[word].fetch_or(pages_in_memory(word), std::memory_order_relaxed);
    return is_known(first_page, last_page);
  }
  if (is_sample(kSampleInterval) &&
      (pages_in_memory(first_page / kWordBits) >> (first_page % kWordBits) & 1) == 0) {
    for (size_t word = 0; word < word_count(); ++word) known_[word].store(0, std::memory_order_relaxed);
    return false;
  }
  return true;
}

// Faults on no page: one that is not mapped is left out.
void MappedFile::prefetch(uint64_t offset, size_t size) const {
  for (size_t line = 0; line < size && line < kReadSizeMax; line += kCacheLineSize)
    __builtin_prefetch(begin_ + offset + line, 0, 2);
}

bool MappedFile::read(uint64_t offset, size_t size, char* target) const {
  if (!is_in_memory(offset, size)) return false;

  // All lines are on their way before the copy waits for the first.
  prefetch(offset, size);
  const Copy copy{begin_, size_, &broken_};
  copy_here = &copy;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  std::memcpy(target, begin_ + offset, size);
  // The mark is loaded behind the last byte, by every processor.
  std::atomic_thread_fence(std::memory_order_acquire);
  copy_here = nullptr;
  return !broken_.load();
}

}  // namespace coppice::engine
