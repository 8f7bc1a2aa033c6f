// Readers and the owner of a slot, in every order in which their steps can follow one another.
#include <gtest/gtest.h>

#include "engine/base/gen_ref.hpp"
#include "tests/orders/interleavings.hpp"

namespace coppice::engine {
namespace {

/// Two stripes: of the owner and the first reader, and of the second.
struct Orders {
  template <class U>
  using Atomic = Explored<U>;
  static constexpr size_t kStripeCount = 2;
  static inline size_t here = 0;
  static size_t stripe_here() { return here; }
};

struct Leaf {
  explicit Leaf(int which) : number(which) { memory->write(); }
  ~Leaf() { memory->write(); }

  const int number;
  /// Outlives the leaf.
  const std::shared_ptr<Watched> memory = std::make_shared<Watched>("a leaf");
};

/// One order's slot, of which `kFirst` is published before anyone begins.
struct Scene {
  using Slot = Published<Leaf, Orders>;
  static constexpr int kFirst = 1;

  Scene() { publish(kFirst); }
  void publish(int number) { slot.publish(std::make_unique<const Leaf>(number)); }
  /// As an owner raises what is visible behind it.
  void publish_and_say(int number) {
    publish(number);
    said.store(number, std::memory_order_release);
    reclaim();
  }
  void reclaim() { reclaimed += static_cast<int>(slot.reclaim().size()); }
  /// Pins, reads and lets go, `count` times, on a core of its own.
  void read(size_t core, int count) {
    int before = kFirst;
    for (int turn = 0; turn < count; ++turn) {
      Orders::here = core;
      const Pin<Leaf, Orders> pin = slot.pin();
      if (!pin) return Interleavings::fail("nothing is published");
      pin->memory->read();
      if (pin->number < before) Interleavings::fail("what was published before is current again");
      before = pin->number;
    }
  }
  /// Keeps its pin from one turn to the next, as long as that is not stale.
  void keep_reading(size_t core, int count) {
    Pin<Leaf, Orders> pin;
    for (int turn = 0; turn < count; ++turn) {
      const int known = said.load(std::memory_order_acquire);
      Orders::here = core;
      if (pin.is_stale()) pin = slot.pin();
      if (!pin) return Interleavings::fail("nothing is published");
      pin->memory->read();
      if (pin->number < known) Interleavings::fail("a reference that is stale passes for current");
    }
  }
  /// All readers have gone: what was published is reclaimed but for the last.
  void end(int published) {
    reclaim();
    if (reclaimed != published - 1) Interleavings::fail(std::to_string(reclaimed) + " were reclaimed");
  }

  Slot slot;
  Explored<int> said{kFirst};
  int reclaimed = 0;
};

Interleavings::Scene scene_of(size_t readers, int reads, int published) {
  const auto scene = std::make_shared<Scene>();
  Interleavings::Scene all;
  all.threads.push_back([scene, published] {
    for (int number = Scene::kFirst + 1; number <= published; ++number) {
      scene->publish(number);
      scene->reclaim();
    }
  });
  for (size_t reader = 0; reader < readers; ++reader)
    all.threads.push_back([scene, reader, reads] { scene->read(reader % Orders::kStripeCount, reads); });
  all.end = [scene, published] { scene->end(published); };
  return all;
}

TEST(PublishedOrdersTest, AReaderWhoComesAgainInEveryOrder) {
  const auto outcome = Interleavings::explore([] { return scene_of(1, 3, 3); }, {.older_max = 1});
  EXPECT_EQ(outcome.failure, "");
  EXPECT_GT(outcome.orders, 10'000u);
  RecordProperty("orders", static_cast<int>(outcome.orders));
}

TEST(PublishedOrdersTest, TwoReadersWithFewPreemptions) {
  const auto outcome = Interleavings::explore([] { return scene_of(2, 2, 4); }, {.preemptions_max = 4});
  EXPECT_EQ(outcome.failure, "");
  EXPECT_GT(outcome.orders, 1'000u);
  RecordProperty("orders", static_cast<int>(outcome.orders));
}

/// Cells are used again: of two that were retired and reclaimed, while the reader's handle may name the first.
TEST(PublishedOrdersTest, AStaleReferenceNeverPassesForCurrent) {
  const auto outcome = Interleavings::explore(
      [] {
        const auto scene = std::make_shared<Scene>();
        Interleavings::Scene all;
        all.threads.push_back([scene] {
          for (int number = 2; number <= 4; ++number) scene->publish_and_say(number);
        });
        all.threads.push_back([scene] { scene->keep_reading(0, 4); });
        all.end = [scene] { scene->end(4); };
        return all;
      },
      {.preemptions_max = 4, .older_max = 1});
  EXPECT_EQ(outcome.failure, "");
  EXPECT_GT(outcome.orders, 10'000u);
  RecordProperty("orders", static_cast<int>(outcome.orders));
}

}  // namespace
}  // namespace coppice::engine
