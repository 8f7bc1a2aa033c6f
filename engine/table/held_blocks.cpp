#include "engine/table/held_blocks.hpp"

namespace coppice::engine {

namespace {

size_t charge_of(const Block& block) {
  return block.size + sizeof(Block) + sizeof(std::atomic<const Block*>);
}

}  // namespace

HeldBlocks::HeldBlocks(BlockCache& cache, size_t count)
    : cache_(cache), count_(count), places_(std::make_unique<std::atomic<const Block*>[]>(count)) {}

HeldBlocks::~HeldBlocks() {
  for (size_t index = 0; index < count_; ++index) {
    const std::unique_ptr<const Block> held(places_[index].load(std::memory_order_acquire));
    if (held != nullptr) cache_.unreserve(charge_of(*held));
  }
}

const Block* HeldBlocks::hold(size_t index, Block& block) {
  const size_t charge = charge_of(block);
  if (!cache_.reserve(charge)) return nullptr;
  auto fresh = std::make_unique<const Block>(std::move(block));
  const Block* first = nullptr;
  if (places_[index].compare_exchange_strong(first, fresh.get(), std::memory_order_acq_rel))
    return fresh.release();
  cache_.unreserve(charge);
  return first;
}

}  // namespace coppice::engine
