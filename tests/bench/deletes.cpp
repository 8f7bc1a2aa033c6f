#include <array>

#include "tests/bench/data.hpp"
#include "tests/bench/workloads.hpp"

namespace coppice::bench {
namespace {

void remove_all(Engine& engine, uint64_t count) {
  constexpr uint64_t kBatch = 1000;
  std::array<Key, kBatch> keys;
  std::vector<std::string_view> views;
  for (uint64_t i = 0; i < count;) {
    views.clear();
    for (; i < count && views.size() < kBatch; ++i) {
      Key& key = keys[views.size()];
      key.set(i);
      views.push_back(key.view());
    }
    engine.remove(views);
  }
}

}  // namespace

void tombstones(Stand& stand) {
  load(stand.engine(), stand.scale.entries, stand.scale.value_size);
  // The last one stays, to be found.
  const uint64_t deleted = stand.scale.entries - 1;
  remove_all(stand.engine(), deleted);
  const Limit limit{.calls = 100, .seconds = stand.scale.write_seconds, .timed = true};
  stand.note(drive(1, limit, [&](unsigned) {
    return [&]() -> uint64_t {
      if (stand.engine().scan({}, 2) != 1) give_up(stand.contender.name + ": one key of all should be left");
      return deleted;
    };
  }));
}

void queue(Stand& stand) {
  constexpr uint64_t kLength = 1000;
  const Limit limit{.seconds = stand.scale.write_seconds, .timed = true};
  stand.note(drive(1, limit, [&](unsigned) {
    load(stand.engine(), kLength, stand.scale.value_size);
    return [&, values = Values(stand.scale.value_size), tail = kLength, head = uint64_t{0}, key = Key(),
            found = std::string(), pushing = false]() mutable -> uint64_t {
      pushing = !pushing;
      if (pushing) {
        key.set(tail++);
        stand.engine().put(key.view(), values.next(), false);
        return 0;
      }
      key.set(head++);
      if (!stand.engine().first(found) || found != key.view()) {
        give_up(stand.contender.name + ": the first key is not the one pushed first");
      }
      stand.engine().remove(key.view());
      return 1;
    };
  }));
}

}  // namespace coppice::bench
