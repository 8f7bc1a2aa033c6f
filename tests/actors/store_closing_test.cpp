// A store is closed while calls are under way and a disk fails: every call is answered, whatever the order of things.
#include <gtest/gtest.h>

#include "actors/store.hpp"
#include "actors/store_actors.hpp"
#include "tests/simulation/virtual_platform.hpp"
#include "tests/support/memory_file_system.hpp"

namespace coppice::actors {
namespace {

class StoreClosingTest : public testing::Test {
protected:
  void open(uint64_t seed) {
    random = engine::Random(engine::mix(seed));
    files = std::make_unique<engine::MemoryFileSystem>();
    platform = std::make_unique<simulation::VirtualPlatform>(seed);
    StoreOptions options;
    options.directory = "/store";
    options.boundaries = {"m"};
    options.memory = 4 << 20;
    options.files = files.get();
    options.platform = platform.get();
    auto opened = Store::open(options);
    ASSERT_TRUE(opened.ok()) << to_string(opened.error());
    store = std::move(*opened);
    asked = answered = 0;
  }

  template <class T>
  Done<T> counted() {
    ++asked;
    return [this](const Result<T>&) { ++answered; };
  }
  void call() {
    engine::Batch batch;
    const uint64_t kind = random.below(10);
    const bool added = (kind == 0 || batch.put("a", "1").ok()) && (kind >= 4 || batch.put("z", "1").ok());
    EXPECT_TRUE(added);
    if (kind < 6) return store->write(std::move(batch), Durability::synced, counted<Timestamp>());
    if (kind < 8) return store->stats(counted<StoreStats>());
    store->flush({}, counted<Nothing>());
  }
  void step() { ASSERT_TRUE(platform->step(StoreActors::system(*store))); }

  engine::Random random{0};
  std::unique_ptr<engine::MemoryFileSystem> files;
  std::unique_ptr<simulation::VirtualPlatform> platform;
  std::unique_ptr<Store> store;
  int asked = 0;
  int answered = 0;
};

TEST_F(StoreClosingTest, EveryCallIsAnsweredThoughAShardFailsMeanwhile) {
  for (uint64_t seed = 0; seed < 600; ++seed) {
    open(seed);
    for (int i = 0; i < 4; ++i) call();
    if (random.one_in(2)) store->split("f", counted<SplitShards>());
    const uint64_t before = random.below(150);
    for (uint64_t i = 0; i < before; ++i) {
      step();
      if (random.one_in(8)) call();
    }
    files->fail_after(random.below(12));
    platform->between_steps = [this] {
      if (asked < 60 && random.one_in(4)) call();
    };
    (void)store->close();
    platform->between_steps = nullptr;
    store.reset();
    ASSERT_EQ(answered, asked) << "seed " << seed;
  }
}

}  // namespace
}  // namespace coppice::actors
