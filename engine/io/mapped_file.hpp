// Reads of a file that cost no call where the system has the bytes in memory already.
#pragma once

#include <atomic>
#include <memory>

#include "engine/io/descriptor.hpp"

namespace coppice::engine {

/// Small reads of a file that no longer changes, through a mapping of it: a copy out of the page cache. A call that does
/// the same costs about twice as much for 4 KiB.
///
/// **What is on the disk is read by calls**, since a call brings all that it is asked for at once, where a mapping brings
/// a page at a time. A bit for each page says that it was in memory when the system was last asked, which one call tells of
/// many pages. The system may have dropped it since; so one read in kSampleInterval asks again, and where the page is
/// gone all bits are cleared. With data much larger than memory nearly every read is a call then, and with data that
/// fits none is.
///
/// **A page that cannot be read is no crash.** The kernel reports it as SIGBUS to the thread that touched it: the disk fails,
/// or somebody cut the file. The handler, installed when the first file is mapped, marks the file as broken, puts
/// zeros in the place of the whole mapping, and lets the copy go on. Who copies looks at the mark afterwards, so zeros that
/// any thread copied are never used:
///
///     handler   broken = true ----> zeros mapped
///     reader                             copies zeros ----> loads broken: true
///
/// From then on every read is a call, which has an error to return. What the handler does not find on the faulting
/// thread to be such a copy goes to the handler that was there before. So a program that handles SIGBUS itself installs
/// its handler before it opens files, or passes on what is not its own; and threads that read do not block it.
///
/// A copy, and not the mapping itself, is what readers get: checked bytes must not change before they are used.
///
/// Threads: any number.
class MappedFile {
public:
  /// Larger reads gain nothing.
  static constexpr size_t kReadSizeMax = 32 << 10;

  /// Nullptr: the system maps no more, or the file is empty. Lifetime: of `file`, the call's.
  static std::unique_ptr<MappedFile> map(const Descriptor& file, uint64_t size);
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  /// Fills `[target, target + size)` from `offset`. False: use a call; `target` may hold anything. Zeros may stand
  /// where the file's last page was cut. Requires: inside of the file. Blocks: on the disk, if the system dropped pages.
  bool read(uint64_t offset, size_t size, char* target) const;
  /// read() would succeed, as far as is known. Requires: as read().
  bool is_in_memory(uint64_t offset, size_t size) const;
  /// Begins to load the bytes into the processor's caches, where they are in memory. Requires: as read().
  void prefetch(uint64_t offset, size_t size) const;

private:
  static constexpr uint32_t kSampleInterval = 64;

  MappedFile(char* begin, uint64_t size);

  size_t word_count() const;
  bool is_known(size_t first_page, size_t last_page) const;
  uint64_t pages_in_memory(size_t word) const;

  char* const begin_;
  const uint64_t size_;
  const std::unique_ptr<std::atomic<uint64_t>[]> known_;
  mutable std::atomic<bool> broken_{false};
};

}  // namespace coppice::engine
