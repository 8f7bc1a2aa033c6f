#include "engine/io/posix_log_file.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>

#include <sys/mman.h>
#include <unistd.h>

namespace coppice::engine {
namespace {

// A multiple of the system's, whichever it has.
constexpr uint64_t kPageSize = 64 << 10;
constexpr uint64_t kPieceSizeMin = 4 << 10;
// A file begins with small chunks, as many are short, and grows by half of what it has: up to one whose zeros take
// 10 us to write, or, where it is synced, up to a larger one, as the sync behind it writes the file's size as well.
constexpr uint64_t kChunkSizeMin = 16 << 10;
constexpr uint64_t kChunkSizeMax = 32 << 10;
constexpr uint64_t kSyncedChunkSizeMax = 256 << 10;
// Reaches past the file's end, so that a file that grows need not be mapped each time.
constexpr uint64_t kMapSize = 8 << 20;
// Read and written again at a time.
constexpr uint64_t kAgainSize = 256 << 10;

// Behind a sync so many records at most, of so many bytes each, are written by calls.
constexpr uint32_t kCallsMax = 6;
constexpr size_t kCallSizeMax = 4 << 10;

constexpr std::array<char, kSyncedChunkSizeMax> kZeros{};

constexpr uint64_t round_down(uint64_t offset, uint64_t unit) { return offset / unit * unit; }
constexpr uint64_t round_up(uint64_t offset, uint64_t unit) { return round_down(offset + unit - 1, unit); }

}  // namespace

PosixLogFile::PosixLogFile(Descriptor file, std::string path, uint64_t size)
    : file_(std::move(file)), path_(std::move(path)), size_(size), end_(size), grown_at_(size) {}

PosixLogFile::~PosixLogFile() { unmap(); }

Status PosixLogFile::write_again(uint64_t offset) {
  Bytes piece;
  for (; offset < size_; offset += piece.size()) {
    piece.resize(std::min<uint64_t>(size_ - offset, kAgainSize));
    COPPICE_TRY(read_at(file_, path_, offset, piece.size(), piece.data()));
    COPPICE_TRY(write(piece.data(), piece.size(), offset));
  }
  return success();
}

Result<char*> PosixLogFile::reserve(size_t size) {
  if (size > end_ - size_) COPPICE_TRY(grow(size));
  apart_.clear();
  if (const uint64_t syncs = syncs_.load(std::memory_order_relaxed); syncs != calls_since_) {
    calls_since_ = syncs;
    calls_ = 0;
  }
  if (calls_ < kCallsMax && size <= kCallSizeMax) {
    ++calls_;
    apart_.assign(size, '\0');
    return apart_.data();
  }
  if (map_ == nullptr || size_ + size > map_end_) COPPICE_TRY(map(size));
  return map_ + (size_ - map_begin_);
}

Status PosixLogFile::commit(size_t size) {
  COPPICE_CHECK(size <= end_ - size_);
  if (!apart_.empty()) COPPICE_TRY(write(apart_.data(), size, size_));
  size_ += size;
  return success();
}

Status PosixLogFile::sync() {
  // Never tried again: see LogWriter. A second call may report success for pages lost by the first, and of two at
  // once only one may be told of the failure.
  const std::lock_guard guard(sync_mutex_);
  if (sync_error_ != 0) return system_error(path_, "sync", sync_error_);
  if (::fdatasync(file_.get()) != 0) {
    sync_error_ = errno;
    return system_error(path_, "sync", sync_error_);
  }
  syncs_.fetch_add(1, std::memory_order_relaxed);
  return success();
}

Status PosixLogFile::cut() {
  unmap();
  if (::ftruncate(file_.get(), static_cast<off_t>(size_)) != 0) return system_error(path_, "cut", errno);
  end_ = size_;
  return success();
}

Status PosixLogFile::grow(size_t size) {
  const bool synced = syncs_.load(std::memory_order_relaxed) != syncs_then_;
  const uint64_t chunk =
      std::clamp(std::bit_floor(end_ / 2), kChunkSizeMin, synced ? kSyncedChunkSizeMax : kChunkSizeMax);
  const uint64_t end = round_up(std::max(size_ + size, end_ + 1), chunk);
  COPPICE_TRY(fill_with_zeros(end_, end));
  end_ = end;
  grown_at_ = size_;
  syncs_then_ = syncs_.load(std::memory_order_relaxed);
  return success();
}

Status PosixLogFile::map(size_t size) {
  unmap();
  const uint64_t begin = round_down(size_, kPageSize);
  const uint64_t end = std::max(begin + kMapSize, size_ + size);
  void* mapped = ::mmap(nullptr, end - begin, PROT_READ | PROT_WRITE, MAP_SHARED, file_.get(),
                        static_cast<off_t>(begin));
  if (mapped == MAP_FAILED) return system_error(path_, "map", errno);
  map_ = static_cast<char*>(mapped);
  map_begin_ = begin;
  map_end_ = end;
  return success();
}

Status PosixLogFile::fill_with_zeros(uint64_t begin, uint64_t end) {
  const size_t piece = piece_size();
  while (begin < end) {
    const uint64_t next = std::min(round_down(begin, piece) + piece, end);
    COPPICE_TRY(write(kZeros.data(), next - begin, begin));
    begin = next;
  }
  return success();
}

Status PosixLogFile::write(const char* bytes, size_t size, uint64_t offset) {
  while (size > 0) {
    const ssize_t written = ::pwrite(file_.get(), bytes, size, static_cast<off_t>(offset));
    if (written < 0) {
      if (errno == EINTR) continue;
      return system_error(path_, "append", errno);
    }
    bytes += written;
    size -= static_cast<size_t>(written);
    offset += static_cast<uint64_t>(written);
  }
  return success();
}

size_t PosixLogFile::piece_size() const {
  // How a new file will be used is not known; its first chunk is small.
  if (end_ < kChunkSizeMin) return kPieceSizeMin;
  const uint64_t syncs = syncs_.load(std::memory_order_relaxed) - syncs_then_;
  if (syncs == 0) return kSyncedChunkSizeMax;
  const uint64_t between = (size_ - grown_at_) / syncs;
  return static_cast<size_t>(std::clamp(std::bit_floor(between), kPieceSizeMin, kSyncedChunkSizeMax));
}

void PosixLogFile::unmap() {
  if (map_ != nullptr) ::munmap(map_, map_end_ - map_begin_);
  map_ = nullptr;
}

}  // namespace coppice::engine
