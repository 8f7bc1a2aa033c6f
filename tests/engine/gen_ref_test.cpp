#include "engine/base/gen_ref.hpp"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace coppice::engine {
namespace {

/// A value that a reader can tell is whole and alive, and that counts how many live.
struct Leaf {
  Leaf(uint64_t n, std::atomic<int>& living) : number(n), twice(2 * n), living_count(living) {
    ++living_count;
  }
  Leaf(const Leaf&) = delete;
  Leaf& operator=(const Leaf&) = delete;
  ~Leaf() {
    number = 0;
    --living_count;
  }
  uint64_t number;
  uint64_t twice;
  std::atomic<int>& living_count;
};

class PublishedTest : public ::testing::Test {
protected:
  void publish(uint64_t number) { slot.publish(std::make_unique<const Leaf>(number, living)); }

  std::atomic<int> living{0};
  Published<Leaf> slot;
};

TEST_F(PublishedTest, PinsWhatIsPublishedLast) {
  EXPECT_FALSE(slot.pin());
  publish(1);
  publish(2);
  EXPECT_EQ(slot.pin()->number, 2u);
  EXPECT_EQ(slot.current()->number, 2u);
  slot.publish(nullptr);
  EXPECT_FALSE(slot.pin());
  EXPECT_EQ(slot.current(), nullptr);
}

TEST_F(PublishedTest, PinIsStaleFromTheNextPublishOn) {
  EXPECT_TRUE(Pin<Leaf>().is_stale());
  publish(1);
  const Pin<Leaf> pin = slot.pin();
  EXPECT_FALSE(pin.is_stale());
  publish(2);
  EXPECT_TRUE(pin.is_stale());
  EXPECT_EQ(pin->number, 1u);
}

TEST_F(PublishedTest, ReclaimsOnlyWhatNoPinHolds) {
  publish(1);
  Pin<Leaf> pin = slot.pin();
  publish(2);
  publish(3);
  EXPECT_EQ(slot.retired_count(), 2u);
  EXPECT_EQ(slot.reclaim().size(), 1u);
  EXPECT_EQ(pin->number, 1u);
  EXPECT_EQ(living, 2);

  Pin<Leaf> moved = std::move(pin);
  EXPECT_TRUE(slot.reclaim().empty());
  moved = slot.pin();
  EXPECT_EQ(slot.reclaim().size(), 1u);
  EXPECT_EQ(living, 1);
  EXPECT_EQ(moved->number, 3u);
}

TEST_F(PublishedTest, ReusedCellNeverMatchesAnOldPin) {
  // The pin of 1 sleeps; the cell of 2 is reused again and again, as its one neighbour.
  publish(1);
  const Pin<Leaf> sleeper = slot.pin();
  for (uint64_t i = 2; i < 1000; ++i) {
    publish(i);
    slot.reclaim();
    EXPECT_TRUE(sleeper.is_stale());
    EXPECT_EQ(slot.pin()->number, i);
  }
  EXPECT_EQ(sleeper->number, 1u);
  EXPECT_EQ(slot.retired_count(), 1u);
}

TEST_F(PublishedTest, HoldsAnyNumberOfRetired) {
  std::vector<Pin<Leaf>> pins;
  for (uint64_t i = 0; i < 1000; ++i) {
    publish(i);
    pins.push_back(slot.pin());
  }
  EXPECT_TRUE(slot.reclaim().empty());
  for (uint64_t i = 0; i < pins.size(); ++i) EXPECT_EQ(pins[i]->number, i);
  pins.clear();
  EXPECT_EQ(slot.reclaim().size(), 999u);
}

TEST_F(PublishedTest, DestroysAllItEverHeld) {
  {
    Published<Leaf> other;
    for (uint64_t i = 0; i < 10; ++i) other.publish(std::make_unique<const Leaf>(i, living));
  }
  EXPECT_EQ(living, 0);
}

TEST_F(PublishedTest, IsReclaimedOnceAllThreadsThatPinnedItAreDone) {
  publish(1);
  std::vector<Pin<Leaf>> pins(32);
  std::vector<std::thread> threads;
  for (Pin<Leaf>& pin : pins) threads.emplace_back([&] { pin = slot.pin(); });
  for (std::thread& thread : threads) thread.join();
  publish(2);
  while (!pins.empty()) {
    EXPECT_TRUE(slot.reclaim().empty());
    EXPECT_EQ(pins.back()->number, 1u);
    // Those pinned in the meantime are of another cell.
    EXPECT_EQ(slot.pin()->number, 2u);
    pins.pop_back();
  }
  EXPECT_EQ(slot.reclaim().size(), 1u);
}

TEST_F(PublishedTest, ReadersSeeWholeValuesAndNeverOlderOnes) {
  constexpr int kReaders = 8;
  constexpr uint64_t kPublished = 50000;
  // What the owner says is visible, raised after each publish: a reader that loads it first and then pins, or
  // finds its kept pin not stale, must see no older value.
  std::atomic<uint64_t> visible{0};
  std::atomic<uint64_t> wrong{0};
  publish(0);
  {
    std::vector<std::jthread> readers;
    for (int i = 0; i < kReaders; ++i) {
      readers.emplace_back([&, keeps = i % 2 == 0] {
        Pin<Leaf> pin;
        for (uint64_t seen = 0; seen < kPublished;) {
          seen = visible.load(std::memory_order_acquire);
          if (!keeps || pin.is_stale()) pin = slot.pin();
          if (pin->number < seen || pin->twice != 2 * pin->number) ++wrong;
          if (!keeps) pin = {};
        }
      });
    }
    for (uint64_t i = 1; i <= kPublished; ++i) {
      publish(i);
      visible.store(i, std::memory_order_release);
      slot.reclaim();
      if (i % 2000 == 0) std::this_thread::yield();
    }
  }
  EXPECT_EQ(wrong, 0u);
  slot.reclaim();
  EXPECT_EQ(living, 1);
}

}  // namespace
}  // namespace coppice::engine
