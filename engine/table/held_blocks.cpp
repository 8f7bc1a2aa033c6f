#include "engine/table/held_blocks.hpp"

#include "engine/table/bloom.hpp"

namespace coppice::engine {

namespace {

size_t charge_of(const HeldBlock& block) { return block.size() + sizeof(std::atomic<const HeldBlock*>); }
// A page has at least one entry.
MemoryUse use_of(const HeldBlock& block) {
  return block.page.count() > 0 ? MemoryUse::index : MemoryUse::filters;
}

}  // namespace

HeldBlock HeldBlock::of_filter(ByteView payload) {
  size_t room = payload.size() + kFilterLineSize - 1;
  auto memory = std::make_unique_for_overwrite<char[]>(room);
  void* first = memory.get();
  std::align(kFilterLineSize, payload.size(), first, room);
  const auto begin = static_cast<size_t>(static_cast<char*>(first) - memory.get());
  payload.copy(memory.get() + begin, payload.size());
  return {{std::move(memory), begin + payload.size()}, {}, nullptr, begin};
}

bool HeldBlock::open() { return page.open(bytes()) && page.kind() == BlockKind::page; }

size_t HeldBlock::size() const {
  return sizeof(*this) + block.size + (hints == nullptr ? 0 : page.count() * sizeof(BlockHint));
}

HeldBlocks::HeldBlocks(BlockCache& cache, size_t count)
    : cache_(cache), count_(count), places_(std::make_unique<std::atomic<const HeldBlock*>[]>(count)) {}

HeldBlocks::~HeldBlocks() {
  for (size_t index = 0; index < count_; ++index) {
    const std::unique_ptr<const HeldBlock> held(places_[index].load(std::memory_order_acquire));
    if (held != nullptr) cache_.unreserve(charge_of(*held), use_of(*held));
  }
}

const HeldBlock* HeldBlocks::hold(size_t index, HeldBlock& block) {
  const size_t charge = charge_of(block);
  const MemoryUse use = use_of(block);
  if (!cache_.reserve(charge, use)) return nullptr;
  auto fresh = std::make_unique<const HeldBlock>(std::move(block));
  const HeldBlock* first = nullptr;
  if (places_[index].compare_exchange_strong(first, fresh.get(), std::memory_order_acq_rel))
    return fresh.release();
  cache_.unreserve(charge, use);
  return first;
}

}  // namespace coppice::engine
