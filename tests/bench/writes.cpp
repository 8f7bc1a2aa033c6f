#include <array>
#include <atomic>

#include "tests/bench/data.hpp"
#include "tests/bench/gauge.hpp"
#include "tests/bench/workloads.hpp"

namespace coppice::bench {
namespace {

constexpr size_t kBatch = 100;

/// Puts `next(random)` until `limit`; a thread has its own numbers.
template <class Next>
Tally put_all(Stand& stand, Limit limit, bool sync, Next&& next) {
  stand.engine().expect_writers(stand.at.threads);
  Tally tally = drive(stand.at.threads, limit, [&](unsigned index) {
    return [&, values = Values(stand.scale.value_size), random = engine::Random(index + 1),
            key = Key()]() mutable -> uint64_t {
      key.set(next(random));
      stand.engine().put(key.view(), values.next(), sync);
      return 1;
    };
  });
  stand.engine().expect_writers(1);
  return tally;
}

auto anywhere(const Stand& stand) {
  return [entries = stand.scale.entries](engine::Random& random) { return random.below(entries); };
}

}  // namespace

void load(Engine& engine, uint64_t count, size_t value_size) {
  constexpr uint64_t kLoadBatch = 1000;
  Values values(value_size);
  std::array<Key, kLoadBatch> keys;
  std::vector<Pair> pairs;
  for (uint64_t i = 0; i < count;) {
    pairs.clear();
    for (; i < count && pairs.size() < kLoadBatch; ++i) {
      Key& key = keys[pairs.size()];
      key.set(i);
      pairs.emplace_back(key.view(), values.next());
    }
    engine.write(pairs);
  }
}

void prepare(Stand& stand) {
  load(stand.engine(), stand.scale.entries, stand.scale.value_size);
  stand.engine().settle();
  if (stand.engine().scan({}, stand.scale.entries + 1) != stand.scale.entries) {
    give_up(stand.contender.name + ": entries are missing after the load");
  }
}

void fillseq(Stand& stand) {
  const Limit limit{.calls = stand.scale.entries, .seconds = stand.scale.fill_seconds};
  std::atomic<uint64_t> at{0};
  stand.note(put_all(stand, limit, false,
                     [&](engine::Random&) { return at.fetch_add(1, std::memory_order_relaxed); }));
}

void fillrandom(Stand& stand) {
  const Limit limit{.calls = stand.scale.entries, .seconds = stand.scale.fill_seconds};
  stand.note(put_all(stand, limit, false, anywhere(stand)));
}

void fillbatch(Stand& stand) {
  const Limit limit{.calls = stand.scale.entries / kBatch, .seconds = stand.scale.fill_seconds, .stride = 1};
  stand.engine().expect_writers(stand.at.threads);
  stand.note(drive(stand.at.threads, limit, [&](unsigned index) {
    return [&, values = Values(stand.scale.value_size), random = engine::Random(index + 1),
            keys = std::array<Key, kBatch>(), pairs = std::vector<Pair>(kBatch)]() mutable -> uint64_t {
      for (size_t i = 0; i < kBatch; ++i) {
        keys[i].set(random.below(stand.scale.entries));
        pairs[i] = {keys[i].view(), values.next()};
      }
      stand.engine().write(pairs);
      return kBatch;
    };
  }));
  stand.engine().expect_writers(1);
}

void fillsync(Stand& stand) {
  const Limit limit{.seconds = stand.scale.seconds, .stride = 1};
  stand.note(put_all(stand, limit, true, anywhere(stand)));
}

void overwrite(Stand& stand) {
  const Limit limit{
      .calls = 2 * stand.scale.entries, .seconds = stand.scale.overwrite_seconds, .timed = true};
  const uint64_t before = bytes_for_disk();
  Gauge gauge(stand);
  const Tally tally = put_all(stand, limit, false, anywhere(stand));
  gauge.note_space();
  stand.note(tally);
  const auto written = static_cast<double>(bytes_for_disk() - before);
  stand.note("write_amplification", written / static_cast<double>(tally.count * stand.scale.entry_size()));
}

void overwrite_and_rest(Stand& stand) {
  overwrite(stand);
  stand.engine().rest();
  stand.engine().scan({}, UINT64_MAX);
}

void overwrite_together(Stand& stand) {
  const Limit limit{.calls = stand.scale.entries, .seconds = stand.scale.write_seconds};
  stand.note(put_all(stand, limit, false, anywhere(stand)));
}

void deleterandom(Stand& stand) {
  const Limit limit{.calls = stand.scale.entries, .seconds = stand.scale.write_seconds};
  stand.engine().expect_writers(stand.at.threads);
  stand.note(drive(stand.at.threads, limit, [&](unsigned index) {
    return [&, random = engine::Random(index + 1), key = Key()]() mutable -> uint64_t {
      key.set(random.below(stand.scale.entries));
      stand.engine().remove(key.view());
      return 1;
    };
  }));
  stand.engine().expect_writers(1);
}

void ingest(Stand& stand) {
  Tally tally;
  Values values(stand.scale.value_size);
  Key key;
  const std::string file = stand.directory.string() + ".sorted";
  std::filesystem::remove(file);
  const auto start = Clock::now();
  const bool taken = stand.engine().ingest(file, [&](Pair& pair) {
    if (tally.count == stand.scale.entries) return false;
    key.set(tally.count++);
    pair = {key.view(), values.next()};
    return true;
  });
  tally.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  std::filesystem::remove(file);
  if (!taken) return;
  if (stand.engine().scan({}, stand.scale.entries + 1) != stand.scale.entries)
    give_up(stand.contender.name + ": entries are missing after the ingest");
  stand.note(tally);
}

void memory(Stand& stand) {
  Gauge gauge(stand);
  const Limit limit{.seconds = 2 * stand.scale.write_seconds};
  stand.note(drive(1, limit, [&](unsigned) {
    return [&, values = Values(stand.scale.value_size), random = engine::Random(10),
            key = Key()]() mutable -> uint64_t {
      key.set(random.below(stand.scale.entries));
      stand.engine().put(key.view(), values.next(), false);
      key.set(random.below(stand.scale.entries));
      stand.engine().get(key.view());
      return 2;
    };
  }));
  gauge.note_memory();
}

}  // namespace coppice::bench
