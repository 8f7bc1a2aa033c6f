// A storage engine without a disk, for tests and for what need not outlive its process.
#pragma once

#include <memory>

#include "engine/storage.hpp"

namespace coppice::engine {

class MemoryTrees;

/// What was written lives as long as the engine: whatever is closed, or given up after a failure, is opened again as it was. It
/// keeps every promise of a tree but those about power and the end of the process. A tree takes the memory of
/// what it holds half again, and twice while that is gone through for what nobody can ask for any more.
/// Of the file system only the directories are used that mark where a tree is. Neither keys to encrypt with nor a cold directory are.
/// Threads: any number, each with directories of its own.
class MemoryEngine final : public StorageEngine {
public:
  MemoryEngine();
  ~MemoryEngine() override;

  Status create(const TreeEnv& env, const std::string& directory, const KeyRange& range) const override;
  Result<std::unique_ptr<Storage>> open(const TreeEnv& env, const std::string& directory,
                                        const TreeShape& options) const override;
  Status check_keys(const TreeEnv& env, const std::string& directory) const override;
  Status remove(const TreeEnv& env, const std::string& directory) const override;

private:
  const std::shared_ptr<MemoryTrees> trees_;
};

}  // namespace coppice::engine
