// Remembers roughly which hashes it was asked about lately.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

namespace coppice::engine {

/// A table of small marks, one a place, newest over older. So a hash is forgotten after about as many others as there are
/// places, and one in 32,768 is taken for another.
///
/// Threads: any number; a race costs a mark, no more.
/// Source: the doorkeeper of Einziger, Friedman, Manes, "TinyLFU: A Highly Efficient Cache Admission Policy".
class Doorkeeper {
public:
  /// Requires: `count` is a power of two.
  explicit Doorkeeper(size_t count)
      : mask_(count - 1), marks_(std::make_unique<std::atomic<uint16_t>[]>(count)) {}

  /// Whether it was asked about `hash` before, and from now on it was.
  bool knows(uint64_t hash) {
    std::atomic<uint16_t>& mark = marks_[hash & mask_];
    const auto wanted = static_cast<uint16_t>(hash >> 48 | 1);
    if (mark.load(std::memory_order_relaxed) == wanted) return true;
    mark.store(wanted, std::memory_order_relaxed);
    return false;
  }

  /// Bytes of memory for `count` places.
  static constexpr size_t size(size_t count) { return count * sizeof(uint16_t); }

private:
  const size_t mask_;
  const std::unique_ptr<std::atomic<uint16_t>[]> marks_;
};

}  // namespace coppice::engine
