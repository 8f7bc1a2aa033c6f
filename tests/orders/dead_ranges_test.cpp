// Readers that prove ranges to be dead, those who cross them, and the owner who puts into them, in every order in which their steps
// can follow one another.
#include "engine/cursor/dead_ranges.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "engine/cursor/dead_ranges_steps.hpp"
#include "tests/orders/interleavings.hpp"

namespace coppice::engine {
namespace {

struct Orders {
  template <class U>
  using Atomic = Explored<U>;
  static void fence(std::memory_order order) { Interleavings::fence(order); }
};

using Ranges = BasicDeadRanges<Orders, 2>;

/// One order's tree: in [a, z) nothing is alive before the puts. The nth change has the commit kFirst + n.
struct Scene {
  static constexpr uint64_t kFirst = 10;

  /// What is applied is missed by whoever need not know of it.
  class Puts final : public LaterPuts {
  public:
    bool may_hold(ByteView begin, ByteView end, Timestamp at) const override {
      Interleavings::step();
      return std::ranges::any_of(all, [&](const Put& put) {
        return put.key >= begin && put.key < end && put.commit > at.raw && put.memory->is_known();
      });
    }
    struct Put {
      Bytes key;
      uint64_t commit;
      std::shared_ptr<Watched> memory;
      uint64_t removed = UINT64_MAX;

      bool is_alive(Timestamp at) const { return commit <= at.raw && removed > at.raw; }
    };
    std::vector<Put> all;
  };

  // The owner's, for each of its puts.
  void put(ByteView key) {
    apply(key);
    if (ranges.in_use()) ranges.put(key);
    show();
  }
  void remove_last() {
    puts.all.back().removed = ++last_;
    show();
  }
  void put_any(ByteView key, const KeyRange& range) {
    apply(key);
    if (ranges.in_use()) ranges.put_any(range);
    show();
  }

  /// As a scan of everything that is dead from the first key on.
  void prove() {
    const Timestamp at{visible.load(std::memory_order_acquire)};
    ranges.add("a", first_alive(at), at, puts);
  }
  /// As a scan that was led through a range.
  void make_longer() {
    const Timestamp at{visible.load(std::memory_order_acquire)};
    Ranges::Range found;
    if (!ranges.find("a", at, found)) return;
    const Bytes end = std::max(found.end, first_alive(at));
    ranges.extend(found, found.begin, end, at, puts);
  }
  void cross(ByteView key) {
    const Timestamp at{visible.load(std::memory_order_acquire)};
    Ranges::Range found;
    if (!ranges.find(key, at, found)) return;
    if (found.begin > key || found.end <= key) Interleavings::fail("a range is not where it was found");
    for (const Puts::Put& put : puts.all)
      if (put.is_alive(at) && put.key >= found.begin && put.key < found.end)
        Interleavings::fail("a reader misses " + put.key + " in [" + found.begin + ", " + found.end + ")");
  }
  /// Of a later reader. Every put is visible.
  void end() {
    for (const char* key : {"a", "bbbbbbbby", "f", "k", "p"}) cross(key);
  }

  Ranges ranges;
  Puts puts;
  Explored<uint64_t> visible{kFirst};

private:
  void apply(ByteView key) {
    Interleavings::step();
    puts.all.push_back({Bytes(key), ++last_, std::make_shared<Watched>("a put")});
    puts.all.back().memory->write();
  }
  void show() { visible.store(last_, std::memory_order_release); }
  Bytes first_alive(Timestamp at) const {
    Bytes first = "z";
    for (const Puts::Put& put : puts.all)
      if (put.is_alive(at)) first = std::min(first, put.key);
    return first;
  }

  uint64_t last_ = kFirst;
};

using Step = std::function<void(Scene&)>;

uint64_t explore(const std::vector<Step>& threads, uint32_t preemptions_max, const Step& before = {}) {
  const auto outcome = Interleavings::explore(
      [&] {
        const auto scene = std::make_shared<Scene>();
        if (before) before(*scene);
        Interleavings::Scene all;
        for (const Step& thread : threads) all.threads.push_back([scene, &thread] { thread(*scene); });
        all.end = [scene] { scene->end(); };
        return all;
      },
      {.preemptions_max = preemptions_max, .older_max = 1});
  EXPECT_EQ(outcome.failure, "");
  ::testing::Test::RecordProperty("orders", static_cast<int>(outcome.orders));
  return outcome.orders;
}

const Step kPut = [](Scene& scene) { scene.put("k"); };
const Step kProve = [](Scene& scene) { scene.prove(); };
const Step kMakeLonger = [](Scene& scene) { scene.make_longer(); };
const Step kCross = [](Scene& scene) { scene.cross("k"); };

const Step kProveAPart = [](Scene& scene) {
  scene.ranges.add("a", "f", Timestamp{Scene::kFirst}, scene.puts);
};

TEST(DeadRangesOrdersTest, APutIsFoundOrCutOutOfWhatIsProven) {
  EXPECT_GT(explore({kPut, kProve}, 4), 1'000u);
}

TEST(DeadRangesOrdersTest, NoReaderMissesAPutIntoWhatIsBeingProven) {
  EXPECT_GT(explore({kPut, kProve, kCross}, 2), 1'000u);
}

TEST(DeadRangesOrdersTest, ARangeThatGrowsHoldsNoPut) {
  EXPECT_GT(explore({kPut, kMakeLonger, kCross}, 2, kProveAPart), 1'000u);
}

TEST(DeadRangesOrdersTest, ARangeThatIsCutTwiceKeepsItsParts) {
  const Step put_two = [](Scene& scene) {
    scene.put("k");
    scene.put("f");
  };
  const Step cross_two = [](Scene& scene) {
    scene.cross("p");
    scene.cross("f");
  };
  EXPECT_GT(explore({put_two, cross_two}, 2, kProve), 1'000u);
}

TEST(DeadRangesOrdersTest, AnEarlierReaderDoesNotCrossWhatDiedLater) {
  const Step remove = [](Scene& scene) { scene.remove_last(); };
  EXPECT_GT(explore({remove, kProve, kCross}, 3, kPut), 1'000u);
}

/// While it is written, a bound of several words may be less than it was and will be.
const Step kProveUpToALongKey = [](Scene& scene) {
  scene.ranges.add("a", "bbbbbbbbz", Timestamp{Scene::kFirst}, scene.puts);
};

TEST(DeadRangesOrdersTest, APutDoesNotBelieveABoundThatIsHalfWritten) {
  const Step put = [](Scene& scene) { scene.put("bbbbbbbby"); };
  EXPECT_GT(explore({put, kMakeLonger}, 3, kProveUpToALongKey), 1'000u);
}

TEST(DeadRangesOrdersTest, AnIngestDoesNotBelieveABoundThatIsHalfWritten) {
  const Step ingest = [](Scene& scene) { scene.put_any("bbbbbbbby", {"bbbbbbbby", Bytes("bbbbbbbbz")}); };
  EXPECT_GT(explore({ingest, kMakeLonger}, 3, kProveUpToALongKey), 1'000u);
}

TEST(DeadRangesOrdersTest, TwoWhoProveOneRangeAndAPut) {
  EXPECT_GT(explore({kPut, kProve, kProve}, 2), 1'000u);
}

TEST(DeadRangesOrdersTest, WhatIsAppliedByRangeIsForgottenWithIt) {
  const Step ingest = [](Scene& scene) { scene.put_any("k", {"h", Bytes("m")}); };
  EXPECT_GT(explore({ingest, kMakeLonger, kCross}, 2, kProveAPart), 1'000u);
}

}  // namespace
}  // namespace coppice::engine
