#include "tests/bench/workloads.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <thread>

namespace coppice::bench {
namespace {

using Clock = std::chrono::steady_clock;

/// Source: xorshift64* (Vigna 2014). Seeded the same for every engine, so that all do the same work.
class Dice {
public:
  explicit Dice(uint64_t seed) : state_(seed) {}
  uint64_t below(uint64_t bound) {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return (state_ * 0x2545f4914f6cdd1dULL >> 11) % bound;
  }

private:
  uint64_t state_;
};

/// The decimal number in 16 digits, in place.
class Key {
public:
  explicit Key(uint64_t number = 0) { set(number); }
  void set(uint64_t number) {
    for (size_t i = text_.size(); i-- > 0; number /= 10) text_[i] = static_cast<char>('0' + number % 10);
  }
  std::string_view view() const { return {text_.data(), text_.size()}; }

private:
  std::array<char, 16> text_;
};

/// Windows into a megabyte of random letters.
class Values {
public:
  explicit Values(size_t size) : size_(size), text_(1 << 20, ' ') {
    Dice dice(301);
    for (char& c : text_) c = static_cast<char>(' ' + dice.below(95));
  }
  std::string_view next() {
    if (at_ + size_ > text_.size()) at_ = 0;
    at_ += size_;
    return std::string_view(text_).substr(at_ - size_, size_);
  }

private:
  size_t size_;
  size_t at_ = 0;
  std::string text_;
};

template <class Body>
Measure timed(uint64_t count, Body&& body) {
  const auto start = Clock::now();
  body();
  return {count, std::chrono::duration<double>(Clock::now() - start).count()};
}

Measure fill(Engine& engine, const Scale& scale, bool random, uint64_t seed) {
  Values values(scale.value_size);
  Dice dice(seed);
  Key key;
  return timed(scale.entries, [&] {
    for (uint64_t i = 0; i < scale.entries; ++i) {
      key.set(random ? dice.below(scale.entries) : i);
      engine.put(key.view(), values.next(), false);
    }
  });
}

Measure fillseq(Engine& engine, const Scale& scale) { return fill(engine, scale, false, 1); }
Measure fillrandom(Engine& engine, const Scale& scale) { return fill(engine, scale, true, 2); }
Measure overwrite(Engine& engine, const Scale& scale) { return fill(engine, scale, true, 3); }

Measure fillbatch(Engine& engine, const Scale& scale) {
  constexpr size_t kBatch = 100;
  Values values(scale.value_size);
  Dice dice(4);
  std::array<Key, kBatch> keys;
  std::vector<Pair> pairs(kBatch);
  return timed(scale.entries / kBatch * kBatch, [&] {
    for (uint64_t i = 0; i < scale.entries / kBatch; ++i) {
      for (size_t j = 0; j < kBatch; ++j) {
        keys[j].set(dice.below(scale.entries));
        pairs[j] = {keys[j].view(), values.next()};
      }
      engine.write(pairs);
    }
  });
}

Measure fillsync(Engine& engine, const Scale& scale) {
  Values values(scale.value_size);
  Dice dice(5);
  Key key;
  return timed(scale.syncs, [&] {
    for (uint64_t i = 0; i < scale.syncs; ++i) {
      key.set(dice.below(scale.entries));
      engine.put(key.view(), values.next(), true);
    }
  });
}

/// Fills every key once, settles, and reads each block once, so that the reads behind it start equal.
Measure prepare(Engine& engine, const Scale& scale) {
  const Measure measure = fill(engine, scale, false, 1);
  engine.settle();
  if (engine.scan({}, scale.entries + 1) != scale.entries) give_up("entries are missing after fillseq");
  return measure;
}

Measure read(Engine& engine, const Scale& scale, bool present) {
  Dice dice(6);
  Key key;
  uint64_t found = 0;
  const Measure measure = timed(scale.reads, [&] {
    for (uint64_t i = 0; i < scale.reads; ++i) {
      // An absent key lies between present ones: a dot behind 15 digits.
      key.set(dice.below(scale.entries));
      std::array<char, 16> absent;
      key.view().copy(absent.data(), absent.size());
      absent.back() = '.';
      found += engine.get(present ? key.view() : std::string_view(absent.data(), absent.size())) ? 1 : 0;
    }
  });
  if (found != (present ? scale.reads : 0)) give_up("a read found what is not there, or missed what is");
  return measure;
}

Measure readrandom(Engine& engine, const Scale& scale) { return read(engine, scale, true); }
Measure readmissing(Engine& engine, const Scale& scale) { return read(engine, scale, false); }

Measure seekrandom(Engine& engine, const Scale& scale) {
  Dice dice(7);
  Key key;
  Measure measure;
  uint64_t seen = 0;
  measure = timed(0, [&] {
    for (uint64_t i = 0; i < scale.seeks; ++i) {
      key.set(dice.below(scale.entries));
      seen += engine.scan(key.view(), 50);
    }
  });
  measure.count = seen;
  return measure;
}

Measure readseq(Engine& engine, const Scale& scale) {
  uint64_t seen = 0;
  Measure measure = timed(0, [&] { seen = engine.scan({}, scale.entries); });
  measure.count = seen;
  return measure;
}

/// One reader at full speed beside one writer at full speed; the reader is counted.
Measure readwhilewriting(Engine& engine, const Scale& scale) {
  Scale half = scale;
  half.reads /= 2;
  std::atomic<bool> stopped{false};
  std::atomic<bool> ready{false};
  Measure measure;
  std::thread reader([&] {
    ready.wait(false);
    measure = read(engine, half, true);
    stopped = true;
  });
  // The engine's writer stays the thread that opened it.
  ready = true;
  ready.notify_one();
  Values values(scale.value_size);
  Dice dice(8);
  Key key;
  while (!stopped) {
    key.set(dice.below(scale.entries));
    engine.put(key.view(), values.next(), false);
  }
  reader.join();
  return measure;
}

}  // namespace

const std::vector<Workload>& workloads() {
  static const std::vector<Workload> all{
      {"fillseq", true, fillseq},
      {"fillbatch", true, fillbatch},
      {"fillrandom", true, fillrandom},
      {"overwrite", false, overwrite},
      {"fillsync", true, fillsync},
      {"(prepare)", true, prepare},
      {"readrandom", false, readrandom},
      {"readmissing", false, readmissing},
      {"seekrandom", false, seekrandom},
      {"readseq", false, readseq},
      {"readwhilewriting", false, readwhilewriting},
  };
  return all;
}

}  // namespace coppice::bench
