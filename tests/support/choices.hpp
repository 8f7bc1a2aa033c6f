// What a random test does next: drawn from a seed, or from bytes that a fuzzer chose.
#pragma once

#include <optional>

#include "engine/base/coding.hpp"
#include "engine/base/random.hpp"

namespace coppice::engine {

/// As Random. Of bytes a choice takes as few as it needs, so that whoever changes one changes one choice; where none are left all
/// choices are 0.
class Choices {
public:
  Choices(uint64_t seed) : random_(Random(seed)), seed_(seed) {}
  /// Lifetime: the bytes outlive this.
  explicit Choices(ByteView bytes) : bytes_(bytes) {}

  uint64_t seed() const { return seed_; }
  /// There are no bytes left, and there is no seed.
  bool ended() const { return !random_ && bytes_.empty(); }

  uint64_t next() { return random_ ? random_->next() : take(8); }
  uint64_t below(uint64_t end) {
    COPPICE_CHECK(end > 0);
    if (random_) return random_->below(end);
    return take(end <= 1 << 8 ? 1 : end <= 1 << 16 ? 2 : 8) % end;
  }
  bool one_in(uint64_t n) { return below(n) == 0; }

private:
  uint64_t take(size_t size) {
    uint64_t value = 0;
    for (; size > 0; --size) value = value << 8 | take_fixed<uint8_t>(bytes_).value_or(0);
    return value;
  }

  std::optional<Random> random_;
  ByteView bytes_;
  uint64_t seed_ = 1;
};

}  // namespace coppice::engine
