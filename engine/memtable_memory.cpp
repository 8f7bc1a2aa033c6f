#include "engine/memtable_memory.hpp"

#include <algorithm>

namespace coppice::engine {
namespace {

// As arenas take it from the system; small memtables take less.
constexpr size_t kStepMax = 2 << 20;
constexpr size_t kStepsMin = 32;

}  // namespace

/// Of one memtable: gives back what it counted when that is gone.
class MemtableClaim {
public:
  MemtableClaim(BlockCache& cache, std::shared_ptr<std::atomic<size_t>> of_tree, size_t expected_size)
      : cache_(cache),
        of_tree_(std::move(of_tree)),
        step_(std::clamp<size_t>(expected_size / kStepsMin, 1, kStepMax)) {}
  ~MemtableClaim() {
    if (taken_ == 0) return;
    of_tree_->fetch_sub(taken_, std::memory_order_relaxed);
    cache_.unreserve(taken_, MemoryUse::memtables);
  }
  MemtableClaim(const MemtableClaim&) = delete;
  MemtableClaim& operator=(const MemtableClaim&) = delete;

  void grow_to(size_t size) {
    if (size <= taken_) return;
    const size_t more = (size - taken_ + step_ - 1) / step_ * step_;
    taken_ += more;
    of_tree_->fetch_add(more, std::memory_order_relaxed);
    cache_.charge(more, MemoryUse::memtables);
  }

private:
  BlockCache& cache_;
  const std::shared_ptr<std::atomic<size_t>> of_tree_;
  const size_t step_;
  size_t taken_ = 0;
};

MemtableMemory::MemtableMemory(BlockCache& cache)
    : cache_(cache), taken_(std::make_shared<std::atomic<size_t>>(0)) {
  cache_.add_tree();
}
MemtableMemory::~MemtableMemory() { cache_.remove_tree(); }

size_t MemtableMemory::bound(const BlockCache& cache, size_t memtable_size) {
  return std::min(memtable_size, cache.memtables_max() / 3);
}

std::shared_ptr<Memtable> MemtableMemory::make(uint64_t seed, size_t expected_size) {
  active_ = std::make_shared<MemtableClaim>(cache_, taken_, expected_size);
  // The claim goes behind the memtable.
  return {new Memtable(seed, expected_size), [claim = active_](Memtable* memtable) { delete memtable; }};
}

void MemtableMemory::count(const Memtable& active) { active_->grow_to(active.size()); }

size_t MemtableMemory::share() const { return cache_.memtables_max() / 4 * 3 / cache_.tree_count(); }

bool MemtableMemory::is_crowded(size_t size) const {
  return cache_.taken(MemoryUse::memtables) >= cache_.memtables_max() / 4 * 3 && size >= share();
}

double MemtableMemory::debt() const {
  const size_t most = cache_.memtables_max();
  const size_t free = most / 8 * 7;
  const size_t all = cache_.taken(MemoryUse::memtables);
  if (all <= free || taken_->load(std::memory_order_relaxed) <= share()) return 0;
  return static_cast<double>(all - free) / static_cast<double>(most - free);
}

std::string MemtableMemory::debt_text() const {
  return "memtables of all trees take " + std::to_string(cache_.taken(MemoryUse::memtables)) + " of the " +
         std::to_string(cache_.memtables_max()) +
         " bytes that they may: wait and try again, or give the store more memory";
}

}  // namespace coppice::engine
