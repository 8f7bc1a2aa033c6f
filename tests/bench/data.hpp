// What is written: keys as db_bench makes them, and values.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "engine/base/random.hpp"

namespace coppice::bench {

inline constexpr size_t kKeySize = 16;
/// Of values, unless the run says otherwise.
inline constexpr size_t kValueSize = 100;

/// The decimal number in 16 digits, in place.
class Key {
public:
  explicit Key(uint64_t number = 0) { set(number); }
  void set(uint64_t number) {
    for (size_t i = text_.size(); i-- > 0; number /= 10) text_[i] = static_cast<char>('0' + number % 10);
  }
  /// A key that nobody wrote, between two that somebody may have written: its last digit becomes a dot.
  void set_absent(uint64_t number) {
    set(number);
    text_.back() = '.';
  }
  std::string_view view() const { return {text_.data(), text_.size()}; }

private:
  std::array<char, kKeySize> text_;
};

/// Windows into a megabyte of random letters.
class Values {
public:
  /// Requires: `size` is at most a megabyte.
  explicit Values(size_t size) : size_(size), text_(1 << 20, ' ') {
    engine::Random random(301);
    for (char& c : text_) c = static_cast<char>(' ' + random.below(95));
  }
  std::string_view next() {
    if (at_ + size_ > text_.size()) at_ = 0;
    at_ += size_;
    return std::string_view(text_).substr(at_ - size_, size_);
  }

private:
  const size_t size_;
  size_t at_ = 0;
  std::string text_;
};

}  // namespace coppice::bench
