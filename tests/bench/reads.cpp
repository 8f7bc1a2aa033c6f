#include <array>
#include <atomic>

#include "tests/bench/data.hpp"
#include "tests/bench/workloads.hpp"
#include "tests/bench/zipfian.hpp"

namespace coppice::bench {
namespace {

/// Gets what `set(key, random)` makes; all must be there, or none.
template <class Set>
Tally get_all(Stand& stand, unsigned threads, bool present, Set&& set) {
  std::atomic<uint64_t> wrong{0};
  const Tally tally = drive(threads, {.seconds = stand.scale.seconds}, [&](unsigned index) {
    return [&, random = engine::Random(index + 100), key = Key()]() mutable -> uint64_t {
      set(key, random);
      if (stand.engine().get(key.view()) != present) wrong.fetch_add(1, std::memory_order_relaxed);
      return 1;
    };
  });
  if (wrong > 0) give_up(stand.contender.name + ": a read found what is not there, or missed what is");
  return tally;
}

auto anywhere(const Stand& stand) {
  return
      [entries = stand.scale.entries](Key& key, engine::Random& random) { key.set(random.below(entries)); };
}

}  // namespace

void readrandom(Stand& stand) { stand.note(get_all(stand, stand.at.threads, true, anywhere(stand))); }

void readmissing(Stand& stand) {
  const uint64_t entries = stand.scale.entries;
  stand.note(get_all(stand, stand.at.threads, false,
                     [=](Key& key, engine::Random& random) { key.set_absent(random.below(entries)); }));
}

void readzipfian(Stand& stand) {
  const Zipfian zipfian(stand.scale.entries);
  stand.note(get_all(stand, stand.at.threads, true,
                     [&](Key& key, engine::Random& random) { key.set(zipfian.scrambled(random)); }));
}

void multiget(Stand& stand) {
  constexpr size_t kTogether = 32;
  std::atomic<uint64_t> wrong{0};
  stand.note(drive(stand.at.threads, {.seconds = stand.scale.seconds}, [&](unsigned index) {
    return [&, random = engine::Random(index + 100), keys = std::array<Key, kTogether>()]() mutable {
      std::array<std::string_view, kTogether> views;
      for (size_t i = 0; i < kTogether; ++i) {
        keys[i].set(random.below(stand.scale.entries));
        views[i] = keys[i].view();
      }
      if (stand.engine().get_many(views) != kTogether) wrong.fetch_add(1, std::memory_order_relaxed);
      return uint64_t{kTogether};
    };
  }));
  if (wrong > 0) give_up(stand.contender.name + ": a read missed what is there");
}

/// Readers at full speed beside one writer at full speed; the readers are counted.
void readwhilewriting(Stand& stand) {
  std::atomic<bool> stopped{false};
  std::thread writer([&] {
    Values values(stand.scale.value_size);
    engine::Random random(8);
    Key key;
    while (!stopped) {
      key.set(random.below(stand.scale.entries));
      stand.engine().put(key.view(), values.next(), false);
    }
  });
  stand.note(get_all(stand, stand.at.threads, true, anywhere(stand)));
  stopped = true;
  writer.join();
}

}  // namespace coppice::bench
