// The search over orders finds what it is there for, and all of it.
#include "tests/orders/interleavings.hpp"

#include <set>

#include <gmock/gmock.h>

namespace coppice::engine {
namespace {

using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;
using Scene = Interleavings::Scene;

struct Shared {
  Explored<int> word{0};
  Explored<int> other{0};
  Watched memory{"the memory"};
  Signal signal;
};

template <class... Threads>
Scene scene_of(const std::shared_ptr<Shared>& shared, Threads... threads) {
  Scene scene;
  (scene.threads.push_back([shared, threads] { threads(*shared); }), ...);
  scene.end = [shared] {};
  return scene;
}

/// Of what `threads` do with what they share.
template <class... Threads>
Interleavings::Outcome explore(const Interleavings::Bounds& bounds, Threads... threads) {
  return Interleavings::explore([=] { return scene_of(std::make_shared<Shared>(), threads...); }, bounds);
}

void take_steps(Shared& shared, int count) {
  for (int step = 0; step < count; ++step) (void)shared.word.load(std::memory_order_relaxed);
}

TEST(InterleavingsTest, SeesEveryOrderOnce) {
  const auto three = [](Shared& shared) { take_steps(shared, 3); };
  // 6! / (3! 3!), and 6! / (2! 2! 2!).
  EXPECT_EQ(explore({}, three, three).orders, 20u);
  const auto two = [](Shared& shared) { take_steps(shared, 2); };
  EXPECT_EQ(explore({}, two, two, two).orders, 90u);
}

TEST(InterleavingsTest, PreemptionsHaveABound) {
  const auto three = [](Shared& shared) { take_steps(shared, 3); };
  EXPECT_EQ(explore({.preemptions_max = 0}, three, three).orders, 2u);
  // And one thread that is left once, behind its first or second step.
  EXPECT_EQ(explore({.preemptions_max = 1}, three, three).orders, 6u);
}

TEST(InterleavingsTest, FindsEveryResultOfALostUpdate) {
  std::set<int> results;
  const auto outcome = Interleavings::explore(
      [&] {
        const auto shared = std::make_shared<Shared>();
        const auto count_one = [](Shared& all) {
          const int before = all.word.load(std::memory_order_relaxed);
          all.word.store(before + 1, std::memory_order_relaxed);
        };
        Scene scene = scene_of(shared, count_one, count_one);
        scene.end = [&results, shared] { results.insert(shared->word.load(std::memory_order_relaxed)); };
        return scene;
      },
      {});
  EXPECT_EQ(outcome.failure, "");
  EXPECT_THAT(results, UnorderedElementsAre(1, 2));
}

Interleavings::Outcome pass_on(std::memory_order store, std::memory_order load) {
  return explore(
      {},
      [store](Shared& shared) {
        shared.memory.write();
        shared.word.store(1, store);
      },
      [load](Shared& shared) {
        if (shared.word.load(load) == 1) shared.memory.read();
      });
}

TEST(InterleavingsTest, AnOrderingThatIsTooWeakIsARace) {
  EXPECT_EQ(pass_on(std::memory_order_release, std::memory_order_acquire).failure, "");
  EXPECT_THAT(pass_on(std::memory_order_relaxed, std::memory_order_acquire).failure,
              HasSubstr("the memory is read without knowing"));
  EXPECT_NE(pass_on(std::memory_order_release, std::memory_order_relaxed).failure, "");
}

TEST(InterleavingsTest, WhatIsWrittenBehindAReleaseIsNotReleased) {
  const auto outcome = explore(
      {},
      [](Shared& shared) {
        shared.word.store(1, std::memory_order_release);
        shared.memory.write();
      },
      [](Shared& shared) {
        if (shared.word.load(std::memory_order_acquire) == 1) shared.memory.read();
      });
  EXPECT_NE(outcome.failure, "");
}

TEST(InterleavingsTest, AReadModifyWriteContinuesAReleaseAndAStoreEndsIt) {
  const auto behind = [](auto change) {
    return explore(
        {},
        [](Shared& shared) {
          shared.memory.write();
          shared.word.store(1, std::memory_order_release);
        },
        [change](Shared& shared) { change(shared.word); },
        [](Shared& shared) {
          if (shared.word.load(std::memory_order_acquire) == 2) shared.memory.read();
        });
  };
  const auto add = [](Explored<int>& word) { word.fetch_add(1, std::memory_order_relaxed); };
  const auto store = [](Explored<int>& word) {
    if (word.load(std::memory_order_relaxed) == 1) word.store(2, std::memory_order_relaxed);
  };
  EXPECT_EQ(behind(add).failure, "");
  EXPECT_NE(behind(store).failure, "");
}

/// Whether a thread that has seen the second store may miss the first.
bool may_miss(std::memory_order store, std::memory_order load, std::memory_order fence, uint32_t older_max) {
  bool missed = false;
  const auto outcome = explore(
      {.older_max = older_max},
      [=](Shared& shared) {
        shared.word.store(1, std::memory_order_relaxed);
        if (fence != std::memory_order_relaxed) Interleavings::fence(fence);
        shared.other.store(1, store);
      },
      [=, &missed](Shared& shared) {
        if (shared.other.load(load) == 0) return;
        if (fence != std::memory_order_relaxed) Interleavings::fence(fence);
        if (shared.word.load(std::memory_order_relaxed) == 0) missed = true;
      });
  EXPECT_EQ(outcome.failure, "");
  return missed;
}

TEST(InterleavingsTest, ALoadSeesOlderValuesUntilItMustKnowTheLatest) {
  constexpr auto kRelaxed = std::memory_order_relaxed;
  constexpr auto kAcquire = std::memory_order_acquire;
  constexpr auto kRelease = std::memory_order_release;
  EXPECT_TRUE(may_miss(kRelaxed, kRelaxed, kRelaxed, 1));
  EXPECT_TRUE(may_miss(kRelease, kRelaxed, kRelaxed, 1));
  EXPECT_TRUE(may_miss(kRelaxed, kAcquire, kRelaxed, 1));
  EXPECT_FALSE(may_miss(kRelease, kAcquire, kRelaxed, 1));
  EXPECT_FALSE(may_miss(kRelaxed, kRelaxed, std::memory_order_acq_rel, 1));
  EXPECT_FALSE(may_miss(kRelaxed, kRelaxed, kRelaxed, 0)) << "not asked for";
}

TEST(InterleavingsTest, AThreadNeverGoesBackToWhatItHasSeenReplaced) {
  bool went_back = false;
  const auto outcome = explore(
      {.older_max = 2},
      [](Shared& shared) {
        shared.word.store(1, std::memory_order_relaxed);
        shared.word.store(2, std::memory_order_relaxed);
      },
      [&went_back](Shared& shared) {
        const int first = shared.word.load(std::memory_order_relaxed);
        if (shared.word.load(std::memory_order_relaxed) < first) went_back = true;
      });
  EXPECT_EQ(outcome.failure, "");
  EXPECT_FALSE(went_back);
}

TEST(InterleavingsTest, TwoWritersMeet) {
  const auto write = [](Shared& shared) { shared.memory.write(); };
  EXPECT_THAT(explore({}, write, write).failure, HasSubstr("written"));
}

/// Each writes, fences, and looks at what the other wrote.
TEST(InterleavingsTest, OfTwoThatFenceOneCannotMissWhatTheOtherWrote) {
  const auto both_may_miss = [](std::memory_order order) {
    bool may = false;
    const auto outcome = Interleavings::explore(
        [&may, order] {
          struct Two {
            std::array<Watched, 2> written = {Watched("one"), Watched("the other")};
            std::array<bool, 2> knows{};
          };
          const auto two = std::make_shared<Two>();
          Scene scene;
          for (size_t own = 0; own < 2; ++own)
            scene.threads.push_back([two, own, order] {
              Interleavings::step();
              two->written[own].write();
              Interleavings::fence(order);
              Interleavings::step();
              two->knows[own] = two->written[1 - own].is_known();
            });
          scene.end = [&may, two] { may = may || (!two->knows[0] && !two->knows[1]); };
          return scene;
        },
        {});
    EXPECT_EQ(outcome.failure, "");
    return may;
  };
  EXPECT_FALSE(both_may_miss(std::memory_order_seq_cst));
  EXPECT_TRUE(both_may_miss(std::memory_order_acq_rel));
}

TEST(InterleavingsTest, WhoWaitsGoesOnOnceItIsTold) {
  const auto outcome = explore(
      {},
      [](Shared& shared) {
        shared.memory.write();
        shared.signal.set();
      },
      [](Shared& shared) {
        shared.signal.wait();
        shared.memory.read();
      });
  EXPECT_EQ(outcome.failure, "");
}

TEST(InterleavingsDeathTest, NobodyIsTold) {
  EXPECT_DEATH((void)explore({}, [](Shared& shared) { shared.signal.wait(); }), "every thread waits");
}

}  // namespace
}  // namespace coppice::engine
