#include "engine/memory/skiplist.hpp"

#include "engine/memory/skiplist_steps.hpp"

namespace coppice::engine {

static_assert(sizeof(SkipList::Node) == 24);
static_assert(std::atomic<SkipList::Node*>::is_always_lock_free);

template class BasicSkipList<MachineThreads>;

}  // namespace coppice::engine
