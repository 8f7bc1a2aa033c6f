// Generational references: how many threads read what one owner replaces, without locks and without waiting.
#pragma once

#include <array>
#include <bit>
#include <memory>
#include <utility>
#include <vector>

#include "engine/base/machine_threads.hpp"
#include "schema/check.hpp"

namespace coppice::engine {

template <class T, class Threads = MachineThreads>
class Pin;

/// A slot in which an owner publishes one frozen T after the other.
///
/// A reader pins the T of the moment and keeps the pin for as long as it likes. Before each further use it
/// asks is_stale(), one load of a word that changes only when something is published: while nothing is,
/// readers share no counter. A T is given back by reclaim(), to the owner, once it was replaced and no pin is
/// left.
///
///     current_ --- index, generation ---+
///                                       v
///     cells    [ g4 | 0 pins ] [ g9 | 3 pins ] [ g2 | 1 pin ]      never freed
///               free            current         retired: waits for its pin
///
/// Each cell has its word, of a generation and pins, in stripes, a cache line each: a reader pins in the stripe of the
/// core that it runs on, so that readers on several cores share no line that changes. To reclaim a T the owner raises the
/// generation of one stripe after the other, as each comes to have no pin.
///
/// A cell's generation rises each time its T is reclaimed, so a handle {index, generation} means one T for
/// ever: one that a thread read long ago and slept on matches neither the current handle nor its cell's words
/// again. A generation never wraps: a cell that has used all 2^40 of them is not used again.
///
/// Orderings. pin() loads `current_` (acquire; publish() stored it with release, so the cell's value and
/// what it points to are seen), raises the pins of a stripe, and looks at the generation in the same word:
///  - It is the handle's. reclaim() takes a cell only after a CAS of each stripe's word from {generation, 0 pins} to
///    {generation + 1, 0 pins}. All changes of one word have one order, so that CAS comes after this raise
///    and, as it needs 0 pins, after the matching unpin. Unpinning is a release and the CAS an acquire, and
///    all between them are read-modify-writes, which continue the release sequence: every read through the
///    pin happens before the T is destroyed. The raise itself may be relaxed.
///  - It is not. The owner is reclaiming the cell, or did, and it is perhaps used anew; the raise is undone and the value
///    not looked at. Meanwhile the pin too many can only delay a reclaim.
/// The loads of `current_` are acquire in is_stale() too: a thread that has seen anything the owner did after
/// a publish (a visible timestamp, say) sees that publish.
///
/// Threads: pin() from any number. The rest is for the owner. Lifetime: outlives its pins.
template <class T, class Threads = MachineThreads>
class Published {
public:
  Published() = default;
  Published(const Published&) = delete;
  Published& operator=(const Published&) = delete;
  ~Published();

  /// Makes `value` the current one; nullptr: there is none, as at first. The one before it is retired.
  void publish(std::unique_ptr<const T> value);

  /// The current T, or an empty pin if there is none.
  Pin<T, Threads> pin() const;

  /// The current T as its owner sees it, or nullptr. Lifetime: until the next publish and reclaim.
  const T* current() const;

  /// Gives back every retired T that no pin holds, for the caller to destroy where it likes.
  std::vector<std::unique_ptr<const T>> reclaim();

  /// Retired, and not reclaimed yet.
  size_t retired_count() const { return retired_.size(); }

private:
  friend class Pin<T, Threads>;
  template <class U>
  using Atomic = typename Threads::template Atomic<U>;

  // A word is {generation, pins} in a cell and {generation, index} in a handle.
  static constexpr uint32_t kLowBits = 24;
  static constexpr uint64_t kLowMask = (uint64_t{1} << kLowBits) - 1;
  static constexpr uint64_t kGenerationOne = uint64_t{1} << kLowBits;
  static constexpr uint64_t kGenerationMax = UINT64_MAX >> kLowBits;
  // Generations start at 1, so no handle is 0.
  static constexpr uint64_t kNothing = 0;

  struct alignas(64) Stripe {
    Atomic<uint64_t> word{kGenerationOne};
  };
  struct alignas(64) Cell {
    const T* value = nullptr;
    // The owner's: the generation of all stripes but the first `closed_count`, which have the next already.
    uint64_t generation = 1;
    size_t closed_count = 0;
    std::array<Stripe, Threads::kStripeCount> stripes;
  };

  // Chunk c has kChunkSize << c cells: cells stay where they are while their number grows.
  static constexpr uint32_t kChunkSize = 4;
  static constexpr uint32_t kChunkCount = 20;

  static uint64_t generation(uint64_t word) { return word >> kLowBits; }
  /// Whether no stripe of the cell can be pinned any more.
  static bool close(Cell& cell);
  /// Readers reach only chunks that stood before the handle was published.
  Cell& cell_at(uint64_t index) const;
  uint32_t take_free_cell();

  Atomic<uint64_t> current_{kNothing};
  std::array<std::unique_ptr<Cell[]>, kChunkCount> chunks_;
  // The owner's.
  uint32_t cell_count_ = 0;
  std::vector<uint32_t> free_;
  std::vector<uint32_t> retired_;
};

/// Keeps one T alive. An empty one keeps nothing.
/// Threads: one at a time; it may move between threads.
template <class T, class Threads>
class Pin {
public:
  Pin() = default;
  Pin(Pin&& other) noexcept
      : slot_(other.slot_),
        cell_(std::exchange(other.cell_, nullptr)),
        word_(other.word_),
        handle_(other.handle_) {}
  Pin& operator=(Pin&& other) noexcept {
    Pin(std::move(other)).swap(*this);
    return *this;
  }
  ~Pin() {
    if (cell_ != nullptr) word_->fetch_sub(1, std::memory_order_release);
  }

  explicit operator bool() const { return cell_ != nullptr; }
  /// Requires: not empty.
  const T& operator*() const { return *cell_->value; }
  const T* operator->() const { return cell_->value; }

  /// Something else, or nothing, has been published since. An empty pin is always stale.
  bool is_stale() const {
    return cell_ == nullptr || slot_->current_.load(std::memory_order_acquire) != handle_;
  }

private:
  using Slot = Published<T, Threads>;
  friend Slot;
  using Cell = typename Slot::Cell;
  using Word = typename Slot::template Atomic<uint64_t>;

  Pin(const Slot* slot, const Cell* cell, Word* word, uint64_t handle)
      : slot_(slot), cell_(cell), word_(word), handle_(handle) {}
  void swap(Pin& other) noexcept {
    std::swap(slot_, other.slot_);
    std::swap(cell_, other.cell_);
    std::swap(word_, other.word_);
    std::swap(handle_, other.handle_);
  }

  const Slot* slot_ = nullptr;
  const Cell* cell_ = nullptr;
  Word* word_ = nullptr;
  uint64_t handle_ = Slot::kNothing;
};

template <class T, class Threads>
Published<T, Threads>::~Published() {
  publish(nullptr);
  reclaim();
  COPPICE_CHECK(retired_.empty());
}

template <class T, class Threads>
void Published<T, Threads>::publish(std::unique_ptr<const T> value) {
  uint64_t handle = kNothing;
  if (value != nullptr) {
    const uint32_t index = take_free_cell();
    Cell& cell = cell_at(index);
    cell.value = value.release();
    handle = (cell.generation << kLowBits) | index;
  }
  const uint64_t before = current_.load(std::memory_order_relaxed);
  current_.store(handle, std::memory_order_release);
  if (before != kNothing) retired_.push_back(static_cast<uint32_t>(before & kLowMask));
}

template <class T, class Threads>
Pin<T, Threads> Published<T, Threads>::pin() const {
  for (;;) {
    const uint64_t handle = current_.load(std::memory_order_acquire);
    if (handle == kNothing) return {};
    Cell& cell = cell_at(handle & kLowMask);
    Atomic<uint64_t>& word = cell.stripes[Threads::stripe_here()].word;
    const uint64_t before = word.fetch_add(1, std::memory_order_relaxed);
    // One more would carry into the generation; half of it is far more than there are threads and cursors.
    COPPICE_CHECK((before & kLowMask) < kLowMask / 2);
    if (generation(before) == generation(handle)) return Pin<T, Threads>(this, &cell, &word, handle);
    // The owner has published and begun to reclaim since the load: so `current_` has changed, and we ask again.
    word.fetch_sub(1, std::memory_order_relaxed);
  }
}

template <class T, class Threads>
const T* Published<T, Threads>::current() const {
  const uint64_t handle = current_.load(std::memory_order_relaxed);
  return handle == kNothing ? nullptr : cell_at(handle & kLowMask).value;
}

template <class T, class Threads>
std::vector<std::unique_ptr<const T>> Published<T, Threads>::reclaim() {
  std::vector<std::unique_ptr<const T>> reclaimed;
  std::erase_if(retired_, [&](uint32_t index) {
    Cell& cell = cell_at(index);
    if (!close(cell)) return false;
    reclaimed.emplace_back(std::exchange(cell.value, nullptr));
    if (cell.generation < kGenerationMax) free_.push_back(index);
    return true;
  });
  return reclaimed;
}

template <class T, class Threads>
bool Published<T, Threads>::close(Cell& cell) {
  const uint64_t next = (cell.generation + 1) << kLowBits;
  while (cell.closed_count < Threads::kStripeCount) {
    uint64_t unpinned = cell.generation << kLowBits;
    if (!cell.stripes[cell.closed_count].word.compare_exchange_strong(
            unpinned, next, std::memory_order_acquire, std::memory_order_relaxed))
      return false;
    ++cell.closed_count;
  }
  ++cell.generation;
  cell.closed_count = 0;
  return true;
}

template <class T, class Threads>
typename Published<T, Threads>::Cell& Published<T, Threads>::cell_at(uint64_t index) const {
  // Chunk c begins at index kChunkSize * (2^c - 1).
  const uint64_t place = index / kChunkSize + 1;
  const auto chunk = static_cast<uint32_t>(std::bit_width(place)) - 1;
  const uint64_t first = uint64_t{kChunkSize} * ((uint64_t{1} << chunk) - 1);
  return chunks_[chunk][index - first];
}

template <class T, class Threads>
uint32_t Published<T, Threads>::take_free_cell() {
  if (!free_.empty()) {
    const uint32_t index = free_.back();
    free_.pop_back();
    return index;
  }
  const auto chunk = static_cast<uint32_t>(std::bit_width(cell_count_ / kChunkSize + 1)) - 1;
  COPPICE_CHECK(chunk < kChunkCount);
  if (chunks_[chunk] == nullptr) chunks_[chunk] = std::make_unique<Cell[]>(size_t{kChunkSize} << chunk);
  return cell_count_++;
}

}  // namespace coppice::engine
