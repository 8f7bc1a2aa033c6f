#include "engine/memory/memtable.hpp"

#include "tests/bench/data.hpp"
#include "tests/bench/workloads.hpp"

namespace coppice::bench {

void memtable(Stand& stand) {
  if (stand.contender.name != "tree") return;
  engine::Memtable table(42, stand.settings.write_buffer_size);
  const Limit limit{.calls = stand.scale.entries / 2};
  stand.note(drive(stand.at.threads, limit, [&](unsigned index) {
    return [&, values = Values(kValueSize), random = engine::Random(index + 400), commit = uint64_t{0},
            key = Key()]() mutable -> uint64_t {
      key.set(random.below(stand.scale.entries));
      table.insert({key.view(), Timestamp{++commit}, engine::Kind::put, values.next()});
      return 1;
    };
  }));
}

}  // namespace coppice::bench
