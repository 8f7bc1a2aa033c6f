#include "engine/in_memory/memory_engine.hpp"

#include "engine/in_memory/memory_storage.hpp"
#include "engine/in_memory/memory_trees.hpp"

namespace coppice::engine {

MemoryEngine::MemoryEngine() : trees_(std::make_shared<MemoryTrees>()) {}
MemoryEngine::~MemoryEngine() = default;

Status MemoryEngine::create(const TreeEnv& env, const std::string& directory, const KeyRange& range) const {
  COPPICE_CHECK(!range.empty());
  COPPICE_TRY(env.files.make_directory(directory));
  auto tree = std::make_shared<MemoryTree>();
  tree->range = range;
  if (trees_->add(directory, std::move(tree))) return success();
  return Error{Errc::in_use, directory + ": a tree is there already"};
}

Result<std::unique_ptr<Storage>> MemoryEngine::open(const TreeEnv& env, const std::string& directory,
                                                    const TreeShape& options) const {
  std::shared_ptr<MemoryTree> tree = trees_->find(directory);
  if (tree == nullptr)
    return Error{Errc::not_found,
                 directory + ": this engine keeps no tree there; what an engine in memory kept ends with it"};
  return std::unique_ptr<Storage>(std::make_unique<MemoryStorage>(env, options, trees_, std::move(tree)));
}

Status MemoryEngine::check_keys(const TreeEnv& /*env*/, const std::string& /*directory*/) const {
  return success();
}

Status MemoryEngine::remove(const TreeEnv& env, const std::string& directory) const {
  trees_->remove(directory);
  return env.files.remove_tree(directory);
}

}  // namespace coppice::engine
