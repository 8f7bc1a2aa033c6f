// What the files of io/posix_file share: an open file, and what went wrong with it.
#pragma once

#include <utility>

#include "schema/types.hpp"

namespace coppice::engine {

/// Closes what it holds.
class Descriptor {
public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor();
  int get() const { return number_; }

private:
  int number_;
};

/// `flags` are open(2)'s.
Result<Descriptor> open_descriptor(const std::string& path, int flags, const char* operation);

/// A directory in the place of a file is io_error.
Result<uint64_t> file_size(const Descriptor& file, const std::string& path);

/// Fills `[target, target + size)` from `offset`. Fewer bytes in the file: corruption, naming the file and offset. Blocks: on the disk.
Status read_at(const Descriptor& file, const std::string& path, uint64_t offset, size_t size, char* target);

/// Names the file, the operation, the system's reason (an errno), and what a person can do about it.
Error system_error(const std::string& path, const char* operation, int reason);

}  // namespace coppice::engine
