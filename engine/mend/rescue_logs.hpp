// The logs of a tree, read as far as they are valid.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "engine/io/file.hpp"
#include "engine/log/batch.hpp"
#include "engine/log/log_reader.hpp"
#include "engine/mend/repair_tree.hpp"
#include "engine/version/manifest_state.hpp"

namespace coppice::engine {

/// By number, with what a manifest says of each.
using OldLogs = std::map<uint64_t, ManifestState::LogState>;

/// Reads logs oldest first. Of a log that is damaged what lies in front of the damage is taken; later logs are read all the
/// same, as each commit is whole in itself. A log that ended without its close record, undamaged, is where all ended: as in
/// recovery, what lies in later ones was never durable; unless a record there says otherwise: then that log has lost its end.
class LogRescue {
public:
  /// What is done with each record; its failure ends all.
  using Take = std::function<Status(const Record&)>;

  /// Lifetime: `env` outlives it.
  LogRescue(const TreeEnv& env, std::string directory) : env_(env), directory_(std::move(directory)) {}

  /// Log `number`, which is later than any before; every batch in what `take` is given is valid. What was wrong goes into
  /// `file`. `closed`: a manifest says that it ends in a close record; then one that does not has lost its end.
  /// unsupported; invalid_argument: a key is lacking; or what `take` said.
  Status read(uint64_t number, bool closed, const Take& take, MendedFile& file);

private:
  Status check(const Record& record);
  Result<bool> follows_what_was_durable(const std::string& path, uint64_t number);

  const TreeEnv& env_;
  const std::string directory_;
  Batch batch_;
  Timestamp last_commit_;
  /// The name of the log that all ended in; empty: it has not.
  std::string ended_;
};

/// `logs`, copied to the directory `target` as new logs of the same numbers, each closed, and encrypted with the current one of
/// `env`'s keys, if any; `mended` is told of each.
/// Durable: on success, the files, not their names. Errors as LogRescue. Blocks: on the disk.
Status copy_logs(const TreeEnv& env, const std::string& source, const OldLogs& logs,
                 const std::string& target, uint64_t salt, const std::function<void(MendedFile)>& mended);

}  // namespace coppice::engine
