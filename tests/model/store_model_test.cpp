// Random operations on a store, with splits, snapshots, flushes and reopening in between, against a std::map.
#include <map>
#include <random>

#include <gtest/gtest.h>

#include "engine/in_memory/memory_engine.hpp"
#include "tests/actors/store_fixture.hpp"
#include "tests/support/keys.hpp"
#include "tests/support/seed.hpp"

namespace coppice::actors {
namespace {

class StoreModelTest : public StoreFixture {
protected:
  using Model = std::map<Bytes, Bytes>;

  uint64_t below(uint64_t end) { return random() % end; }
  Bytes any_key() { return "k" + std::to_string(below(200)); }
  Bytes any_value() { return std::to_string(step) + Bytes(below(400), 'v'); }
  Durability any_durability() { return static_cast<Durability>(below(3)); }

  static void erase_range(Model& target, const Bytes& begin, const Bytes& end) {
    const auto past = end.empty() ? target.end() : target.lower_bound(end);
    target.erase(target.lower_bound(begin), past);
  }

  void write_batch() {
    engine::Batch batch;
    for (uint64_t count = 1 + below(6); count > 0; --count) {
      Bytes key = any_key();
      if (below(8) == 0) {
        const Bytes operand = std::to_string(step);
        ASSERT_TRUE(batch.merge(key, Operator::append, operand).ok());
        model[key] += operand;
        continue;
      }
      if (const uint64_t kind = below(10); kind < 6) {
        Bytes value = any_value();
        ASSERT_TRUE(batch.put(key, value).ok());
        model[key] = value;
      } else if (kind < 9) {
        ASSERT_TRUE(batch.remove(key).ok());
        model.erase(key);
      } else {
        const Bytes end = below(8) == 0 ? "" : key + std::to_string(below(10));
        ASSERT_TRUE(batch.delete_range(key, end).ok());
        erase_range(model, key, end);
      }
    }
    const auto written = store->write(std::move(batch), any_durability());
    ASSERT_TRUE(written.ok()) << to_string(written.error());
  }

  void compare(const Model& expected, const SnapshotHandle& snapshot) {
    ScanOptions scan;
    scan.snapshot = snapshot;
    scan.reverse = below(2) == 0;
    scan.page_size = 1 + below(3000);
    if (below(2) == 0) {
      scan.range.begin = any_key();
      scan.range.end = scan.range.begin + "~";
    }
    Entries wanted;
    for (const auto& [key, value] : expected)
      if (scan.range.contains(key)) wanted.emplace_back(key, value);
    if (scan.reverse) std::ranges::reverse(wanted);
    if (below(3) == 0) {
      scan.limit = 1 + below(20);
      if (wanted.size() > scan.limit) wanted.resize(scan.limit);
    }
    ASSERT_EQ(dump(scan), wanted);

    const Bytes key = any_key();
    const auto value = store->get(key, snapshot);
    ASSERT_TRUE(value.ok());
    const auto at = expected.find(key);
    ASSERT_EQ(*value, at == expected.end() ? std::nullopt : std::optional<Bytes>(at->second)) << key;
  }

  void take_step() {
    switch (below(100)) {
      case 0:
        return reopen_all();
      case 1:
        return split();
      case 2:
        ASSERT_TRUE(store->flush().ok());
        return;
      case 3:
        // Paused or stopped, nobody would merge.
        ASSERT_TRUE(store->set_merging(below(2) == 0 ? engine::Merging::on : engine::Merging::off).ok());
        ASSERT_TRUE(store->compact({any_key(), std::nullopt}).ok());
        return;
      case 7:
        ASSERT_TRUE(store->set_merging(static_cast<engine::Merging>(below(4))).ok());
        return;
      case 8: {
        // Given up somewhere on its way, or ended before.
        RangeMergeHandle merge;
        const auto answer =
            as_future<Nothing>([&](auto done) { merge = store->compact({}, std::move(done)); });
        merge->cancel();
        answer.wait();
        return;
      }
      case 4:
      case 5: {
        const auto taken = store->snapshot();
        ASSERT_TRUE(taken.ok());
        held = *taken;
        held_model = model;
        return;
      }
      case 6:
        held.reset();
        return;
      default:
        break;
    }
    if (below(4) == 0)
      return held != nullptr && below(2) == 0 ? compare(held_model, held) : compare(model, nullptr);
    write_batch();
  }

  void reopen_all() {
    held.reset();
    reopen();
  }

  void split() {
    if (store->stats()->shards.size() >= 8) return;
    const auto done = store->split(any_key());
    if (!done.ok()) {
      ASSERT_EQ(done.error().code, Errc::invalid_argument) << to_string(done.error());
    }
  }

  void run(uint64_t steps) {
    SCOPED_TRACE("COPPICE_SEED=" + std::to_string(seed));
    open();
    for (step = 0; step < steps && !HasFatalFailure(); ++step) {
      SCOPED_TRACE("step " + std::to_string(step));
      take_step();
    }
    reopen_all();
    compare(model, nullptr);
    held.reset();
  }

  uint64_t seed = test_seed();
  std::mt19937_64 random{seed};
  uint64_t step = 0;
  Model model;
  SnapshotHandle held;
  Model held_model;
};

TEST_F(StoreModelTest, BehavesAsAMap) {
  if (below(2) == 0) options.tree.value_threshold = 128;
  if (below(2) == 0) options.keys = engine::ring('a');
  run(4000);
}

TEST_F(StoreModelTest, BehavesAsOneInMemory) {
  const engine::MemoryEngine in_memory;
  options.storage = &in_memory;
  run(2000);
  // Closes it: the engine goes first otherwise.
  store.reset();
}

}  // namespace
}  // namespace coppice::actors
