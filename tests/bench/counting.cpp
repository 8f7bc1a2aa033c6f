#include <array>

#include "schema/operators.hpp"
#include "tests/bench/workloads.hpp"

namespace coppice::bench {
namespace {

/// A key behind those of the entries.
void set_counter(Key& key, const Stand& stand, uint64_t number) { key.set(stand.scale.entries + number); }

/// Each a zero, merged as far as can be.
void load_counters(Stand& stand) {
  const Bytes zero = number_value(0);
  std::array<Key, 1000> keys;
  std::vector<Pair> pairs;
  for (uint64_t i = 0; i < stand.scale.entries;) {
    pairs.clear();
    for (; i < stand.scale.entries && pairs.size() < keys.size(); ++i) {
      Key& key = keys[pairs.size()];
      set_counter(key, stand, i);
      pairs.emplace_back(key.view(), zero);
    }
    stand.engine().write(pairs);
  }
  stand.engine().settle();
  // So that all blocks that fit are cached.
  stand.engine().scan({}, UINT64_MAX);
}

}  // namespace

void increment(Stand& stand) {
  load_counters(stand);
  bool counts = true;
  const Limit limit{.calls = 2 * stand.scale.entries, .seconds = stand.scale.write_seconds};
  const Tally tally = drive(1, limit, [&](unsigned) {
    return [&, random = engine::Random(1), key = Key()]() mutable -> uint64_t {
      set_counter(key, stand, random.below(stand.scale.entries));
      counts &= stand.engine().increment(key.view());
      return 1;
    };
  });
  if (counts) stand.note(tally);
}

void read_counters(Stand& stand) {
  stand.note(drive(1, {.seconds = stand.scale.seconds}, [&](unsigned) {
    return [&, random = engine::Random(100), key = Key()]() mutable -> uint64_t {
      set_counter(key, stand, random.below(stand.scale.entries));
      if (!stand.engine().get(key.view())) give_up(stand.contender.name + ": a counter is missing");
      return 1;
    };
  }));
}

}  // namespace coppice::bench
