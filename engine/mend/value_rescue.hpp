// Values that lie apart from their keys, for whoever mends a tree.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/mend/repair_tree.hpp"
#include "engine/mend/tree_files.hpp"
#include "engine/values/value_walk.hpp"
#include "engine/version/manifest_state.hpp"

namespace coppice::engine {

/// Reads values by the references that tables have. A file that has its footer stays as it is, even where single values in it
/// are damaged. One that has lost its footer is no file of values any more, but if a manifest says what the footer said, and
/// the values are not encrypted, each can still be read, and is put back to its key.
///
/// Threads: one. Blocks: on the disk.
class ValueRescue {
public:
  /// Lifetime: both outlive it.
  ValueRescue(const TreeEnv& env, const std::string& source) : env_(env), source_(source) {}

  /// What a manifest says of value files; others are believed what they say of themselves. `files`: of the source. Requires: nothing
  /// was read yet.
  void know(const ManifestState& manifest, const std::vector<TreeFile>& files);

  /// Success: the entry that refers to it can stay as it is. corruption names the file and the offset; not_found: there is no
  /// such file. Other errors say nothing of the value.
  Status check(const ValueRef& ref);
  /// Makes `entry`, whose value is apart, one that a table of the new tree can have: as it is, or with its value, which then
  /// lies in `buffer`. Errors as check().
  Status save(Entry& entry, Bytes& buffer);

  /// Puts the files that tables of `state` refer to into `target`, and into `state`. Durable: on success, but for the names.
  Status keep(ManifestState& state, const std::string& target);
  /// What became of each: `numbers`, of the files that are there, and those that were asked for and are not.
  void report(const std::vector<uint64_t>& numbers, const std::function<void(MendedFile)>& tell) const;

private:
  struct Found {
    ValueFileHandle file;
    /// Why the file cannot stay; success: it can.
    Status well;
    /// Of one that cannot, whose values can be read; else nullptr.
    std::unique_ptr<RandomFile> torn;
    /// Of those asked for some could not be read.
    std::vector<std::string> problems;
    bool any_read = false;
  };

  Found& find(uint64_t number);
  Status open(uint64_t number, Found& found) const;
  /// Of a file that is there or not.
  std::string path_of(uint64_t number) const;
  static void note(Found& found, const Status& read);

  const TreeEnv& env_;
  const std::string& source_;
  /// By number.
  std::map<uint64_t, ValueFileMeta> known_;
  /// Those that lie in the cold directory.
  std::set<uint64_t> cold_;
  std::map<uint64_t, Found> found_;
  ValueWalk walk_;
};

}  // namespace coppice::engine
