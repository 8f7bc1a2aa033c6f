// What both ways of repairing a tree share. See repair_tree.hpp.
#pragma once

#include <vector>

#include "engine/base/random.hpp"
#include "engine/mend/old_manifest.hpp"
#include "engine/mend/repair_tree.hpp"
#include "engine/mend/rescue_logs.hpp"
#include "engine/mend/salvage.hpp"
#include "engine/mend/value_rescue.hpp"

namespace coppice::engine {

struct RepairState {
  const TreeEnv& env;
  const std::string& source;
  const std::string& target;
  const RepairOptions& options;
  RepairReport& report;
  Random random;
  /// Of the source.
  std::vector<TreeFile> files = {};
  /// What the new manifest will say.
  ManifestState fresh = {};
  ValueRescue values{env, source};

  /// What was told before is of other trees.
  const size_t told_before = report.files.size();
  /// Of this tree, as far as is told.
  bool lost_nothing() const;

  /// cancelled, if it was.
  Status ask() const;
  /// The path of a table of the source, there or not; that of one of the target.
  std::string from(const TableMeta& table) const;
  std::string to(uint64_t number) const;

  /// Reads the table and the values it refers to, all of them. Success: it can stay as it is.
  Status check_table(const std::string& path, const TableMeta& meta);

  /// Of tables that are written.
  double filter_rate() const {
    const double rate = options.tree.filter_false_positive_rate;
    return rate < 1 ? rate : 0;
  }

  void tell(MendedFile file) { report.files.push_back(std::move(file)); }
  void tell_lost(MendedFile file, const KeyRange& bounds);

  /// Copies logs, or, in a dry run, only reads them. They become part of `fresh`.
  Status mend_logs(const OldLogs& logs);
};

/// What was wrong and what was lost, of a table that was read to its end.
void note_salvage(const SalvagedTable& table, MendedFile& file);

/// What can be gone on from where a file of the source is read: everything else ends a repair. A place that the disk refuses to
/// give is lost as much as one that it gives wrong.
bool is_damage(const Error& error);

/// Where the manifest can be trusted.
Status mend_by_manifest(RepairState& repair, const ManifestState& manifest);
/// Where it cannot.
Status mend_by_content(RepairState& repair, const OldManifest& manifest);

}  // namespace coppice::engine
