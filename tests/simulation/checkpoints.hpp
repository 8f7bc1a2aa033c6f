// Checkpoints that clients asked for, and what is found in them.
#pragma once

#include <list>
#include <string>

#include "tests/simulation/conditions.hpp"
#include "tests/simulation/history.hpp"
#include "tests/simulation/virtual_platform.hpp"
#include "tests/support/memory_file_system.hpp"

namespace coppice::simulation {

/// One that was answered has to open, whatever happened since, and has all of a moment between its call and its answer. One whose
/// answer nobody heard is no store, or a whole one.
class Checkpoints {
public:
  Checkpoints(const Plan& plan, History& history, Conditions& conditions, engine::MemoryFileSystem& files)
      : plan_(plan), history_(history), conditions_(conditions), files_(files) {}

  /// Where the next one goes.
  std::string begin(uint64_t began);
  /// It was answered. Requires: begin() gave the directory, in this life.
  void end(const std::string& directory, bool is_made);
  bool is_any_under_way() const;
  /// What is under way nobody will hear of.
  void end_life();
  /// Opens all there are, by the time that `platform` has, and removes them. Requires: nothing goes wrong, and the store is not open.
  void look(VirtualPlatform& platform);

private:
  struct Checkpoint {
    std::string directory;
    uint64_t began = 0;
    /// 0: it has not ended.
    uint64_t ended = 0;
    bool is_made = false;
  };
  /// Whether it must not be opened, and need not be.
  bool is_no_store(const Checkpoint& checkpoint);
  void compare(const Checkpoint& checkpoint, VirtualPlatform& platform);

  const Plan& plan_;
  History& history_;
  Conditions& conditions_;
  engine::MemoryFileSystem& files_;
  std::list<Checkpoint> all_;
  uint64_t count_ = 0;
};

}  // namespace coppice::simulation
