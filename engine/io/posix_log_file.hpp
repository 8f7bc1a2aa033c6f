// A log of the machine's file system, written through a mapping.
#pragma once

#include <atomic>
#include <mutex>

#include "engine/io/descriptor.hpp"
#include "engine/io/file.hpp"

namespace coppice::engine {

/// The file grows by chunks: a chunk is filled with zeros by plain writes, and then written through a shared mapping. So
///   - a full disk is found by the write, as out_of_space, and not by a store into the mapping;
///   - nothing is read from the disk, as the pages written are in the page cache;
///   - once a chunk was synced, a later sync in it finds its blocks allocated and the file's size unchanged: it writes
///     the page and nothing else. That is half of what it costs to sync a file that has grown.
///
/// A store into the mapping is a store into the page cache, so what was committed outlives the process.
///
/// Were the kernel to drop a page before it was filled, and the disk to fail when the page is read back, the store
/// would end the process with SIGBUS. That is no worse than kill -9, which every promise allows for; and pages just
/// written and mapped stay, but in the worst need of memory. The same holds where a file system copies on write and
/// is full: the disks meant for databases overwrite in place.
///
/// The kernel keeps what one call wrote in one piece of the page cache, and writes such a piece whole. So the
/// zeros are written in pieces of about as much as is committed between two syncs: large ones cost least, but
/// each sync would write all of it.
///
/// A sync leaves its page protected, so that the next store there is a fault, which costs as much as several calls
/// of write(2). So the first records behind a sync are written by a call, and where each is synced all are. Both
/// ways go to the same page cache.
///
/// Measured with records of 128 bytes: a call of write(2) for each 0.75 us, a store 0.05, the first store behind a
/// sync 6. Synced each, in turns with each other: 112 us by stores, 106 by calls, 103 by direct writes of whole pages
/// with O_DSYNC, which the page cache would have to be kept out of for; 120 by linked requests of io_uring.
/// A chunk of 32 KiB takes 10 us, one of 256 KiB 50; mapping each anew took 8 to 15 more.
/// Filling page tables ahead (MADV_POPULATE_WRITE) gained nothing.
class PosixLogFile final : public LogFile {
public:
  /// `file` is open for reading and writing, and has `size` bytes.
  PosixLogFile(Descriptor file, std::string path, uint64_t size);
  PosixLogFile(const PosixLogFile&) = delete;
  PosixLogFile& operator=(const PosixLogFile&) = delete;
  ~PosixLogFile() override;

  /// What lies between `offset` and the end is written as it is, so that the system takes it for changed.
  Status write_again(uint64_t offset);

  Result<char*> reserve(size_t size) override;
  Status commit(size_t size) override;
  Status sync() override;
  Status cut() override;
  uint64_t size() const override { return size_; }

private:
  /// Makes room for `size` bytes behind the end.
  Status grow(size_t size);
  /// So that `size` bytes behind the end are mapped.
  Status map(size_t size);
  Status write(const char* bytes, size_t size, uint64_t offset);
  Status fill_with_zeros(uint64_t begin, uint64_t end);
  size_t piece_size() const;
  void unmap();

  Descriptor file_;
  const std::string path_;
  uint64_t size_;
  /// Zeros reach up to here.
  uint64_t end_;
  /// What was reserved last, if a call is to write it; otherwise it is empty.
  Bytes apart_;
  /// Records written by calls since syncs_ was `calls_since_`.
  uint32_t calls_ = 0;
  uint64_t calls_since_ = 0;
  /// What is mapped, if anything: [map_begin_, map_end_), of which only what lies before end_ may be touched.
  char* map_ = nullptr;
  uint64_t map_begin_ = 0;
  uint64_t map_end_ = 0;
  /// When the file last grew.
  uint64_t grown_at_;
  uint64_t syncs_then_ = 0;
  std::atomic<uint64_t> syncs_{0};
  std::mutex sync_mutex_;
  // Of the first sync that failed, as errno; 0: none has.
  int sync_error_ = 0;
};

}  // namespace coppice::engine
