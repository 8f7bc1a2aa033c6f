#include "engine/in_memory/memory_trees.hpp"

namespace coppice::engine {

bool MemoryTrees::add(const std::string& directory, std::shared_ptr<MemoryTree> tree) {
  const std::lock_guard lock(mutex_);
  return trees_.emplace(directory, std::move(tree)).second;
}

std::shared_ptr<MemoryTree> MemoryTrees::find(const std::string& directory) const {
  const std::lock_guard lock(mutex_);
  const auto at = trees_.find(directory);
  return at == trees_.end() ? nullptr : at->second;
}

void MemoryTrees::remove(const std::string& directory) {
  const std::lock_guard lock(mutex_);
  trees_.erase(directory);
}

}  // namespace coppice::engine
