// Readers of a slot of the block cache, those who fill it and the sweeper, in every order in which their steps can follow one
// another.
#include "engine/table/slot_word.hpp"

#include <gtest/gtest.h>

#include "tests/orders/interleavings.hpp"

namespace coppice::engine {
namespace {

struct Orders {
  template <class U>
  using Atomic = Explored<U>;
};

using Word = SlotWord<Orders>;
using Fate = Word::Fate;

/// One order's slot. Blocks 1 and 2 have one hash, so that only their keys tell them apart.
struct Slot {
  static constexpr uint64_t kHash = uint64_t{7} << 40;

  bool fill(int block) {
    if (!word.claim()) return false;
    key.write();
    bytes.write();
    number = block;
    word.publish(kHash);
    read_and_let_go(block);
    return true;
  }
  void find(int block) {
    const bool found = word.pin(kHash, [&] {
      key.read();
      return number == block;
    });
    if (found) read_and_let_go(block);
  }
  void read_and_let_go(int block) {
    bytes.read();
    Interleavings::step();
    if (number != block) Interleavings::fail("a block that is held was replaced");
    word.unpin();
  }
  /// Whether the slot is empty now.
  bool sweep(bool spare_hit) {
    const Fate fate = word.judge(spare_hit);
    if (fate == Fate::stays) return false;
    // Others lie where it lay.
    bytes.write();
    if (fate == Fate::moves) {
      key.read();
      word.publish_moved();
      return false;
    }
    key.read();
    number = 0;
    word.clear();
    return true;
  }
  /// All have gone: nothing is held, and the slot can be used.
  void end() {
    if (word.is_pinned()) Interleavings::fail("a pin is left");
    if (!word.claim() && word.judge(false) != Fate::goes)
      Interleavings::fail("the slot is nobody's for ever");
  }

  Word word;
  Watched key{"the key"};
  Watched bytes{"the bytes"};
  int number = 0;
};

using Step = std::function<void(Slot&)>;

/// In a slot with block 1.
uint64_t explore(const std::vector<Step>& threads, const Interleavings::Bounds& bounds = {}) {
  const auto outcome = Interleavings::explore(
      [&] {
        const auto slot = std::make_shared<Slot>();
        slot->fill(1);
        Interleavings::Scene all;
        for (const Step& thread : threads) all.threads.push_back([slot, &thread] { thread(*slot); });
        all.end = [slot] { slot->end(); };
        return all;
      },
      bounds);
  EXPECT_EQ(outcome.failure, "");
  ::testing::Test::RecordProperty("orders", static_cast<int>(outcome.orders));
  return outcome.orders;
}

const Step kFind = [](Slot& slot) { slot.find(1); };
const Step kFindTwice = [](Slot& slot) {
  slot.find(1);
  slot.find(1);
};
/// The second time what was hit goes too.
const Step kSweepTwice = [](Slot& slot) {
  if (!slot.sweep(true)) (void)slot.sweep(false);
};
const Step kReplace = [](Slot& slot) {
  if (slot.sweep(false)) slot.fill(2);
};

TEST(SlotWordOrdersTest, NobodyReadsWhatIsReplaced) {
  const Step find_both = [](Slot& slot) {
    slot.find(1);
    slot.find(2);
  };
  EXPECT_GT(explore({kFind, find_both, kReplace}, {.preemptions_max = 6}), 10'000u);
}

TEST(SlotWordOrdersTest, WhatIsHeldIsNotMoved) {
  EXPECT_GT(explore({kFind, kFindTwice, kSweepTwice}, {.preemptions_max = 6}), 10'000u);
}

TEST(SlotWordOrdersTest, OneOfTwoFillsASlotThatCameEmpty) {
  const auto fills = [](int block) {
    return [block](Slot& slot) {
      if (!slot.fill(block)) slot.find(3 - block);
    };
  };
  const Step sweep = [](Slot& slot) { (void)slot.sweep(false); };
  EXPECT_GT(explore({fills(1), fills(2), sweep}), 5'000u);
}

}  // namespace
}  // namespace coppice::engine
