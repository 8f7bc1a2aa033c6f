// Keys copied and compared in line: most are short, and a call costs more than the work.
#pragma once

#include <cstring>
#include <memory>

#include "schema/types.hpp"

namespace coppice::engine {

inline bool same_key(ByteView a, ByteView b) {
  constexpr size_t kWord = sizeof(uint64_t);
  const size_t size = a.size();
  if (size != b.size()) return false;
  if (size < kWord) {
    for (size_t i = 0; i < size; ++i)
      if (a[i] != b[i]) return false;
    return true;
  }
  const auto differ = [&](size_t at) {
    uint64_t x;
    uint64_t y;
    std::memcpy(&x, a.data() + at, kWord);
    std::memcpy(&y, b.data() + at, kWord);
    return x != y;
  };
  // Keys that are neighbours differ near their end.
  if (differ(size - kWord)) return false;
  for (size_t at = 0; at + kWord < size; at += kWord)
    if (differ(at)) return false;
  return true;
}

/// A key of its own.
class KeyCopy {
public:
  KeyCopy() = default;
  KeyCopy(const KeyCopy&) = delete;
  KeyCopy& operator=(const KeyCopy&) = delete;

  /// `key` may be a part of this one.
  void assign(ByteView key) {
    constexpr size_t kWord = sizeof(uint64_t);
    if (key.size() < kWord || key.size() > kInlineSize || data_ != inline_) return assign_any(key);
    uint64_t last;
    std::memcpy(&last, key.data() + key.size() - kWord, kWord);
    for (size_t at = 0; at + kWord < key.size(); at += kWord) {
      uint64_t word;
      std::memcpy(&word, key.data() + at, kWord);
      std::memcpy(inline_ + at, &word, kWord);
    }
    std::memcpy(inline_ + key.size() - kWord, &last, kWord);
    size_ = key.size();
  }

  /// Lifetime: until the next assign().
  operator ByteView() const { return {data_, size_}; }

private:
  static constexpr size_t kInlineSize = 64;

  void assign_any(ByteView key) {
    if (key.size() > capacity_) {
      auto larger = std::make_unique<char[]>(2 * key.size());
      std::memcpy(larger.get(), key.data(), key.size());
      heap_ = std::move(larger);
      data_ = heap_.get();
      capacity_ = 2 * key.size();
    } else if (!key.empty()) {
      std::memmove(data_, key.data(), key.size());
    }
    size_ = key.size();
  }

  char inline_[kInlineSize];
  char* data_ = inline_;
  size_t size_ = 0;
  size_t capacity_ = kInlineSize;
  std::unique_ptr<char[]> heap_;
};

}  // namespace coppice::engine
