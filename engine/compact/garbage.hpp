// Which value files merges are to empty, so that what overwriting leaves in them goes.
#pragma once

#include <optional>
#include <vector>

#include "engine/compact/merge_control.hpp"
#include "engine/compact/merge_plan.hpp"
#include "engine/tree_shape.hpp"

namespace coppice::engine {

/// A value file dies when no table refers to it any more. Its **garbage** is what no table refers to: known exactly, whatever
/// merges drop and whole tables take along, as each table says how much of which files it uses. What lies in it under newer
/// versions that no merge has met yet is no garbage: keeping that small is the shape of the levels, whose sizes count the values.
///
///     files         [##..#...]  [#.##.###]  [########]        # live   . garbage
///     emptied       [        ]               -> [####]        what lived there lies in a new file
///
/// A merge that meets references into emptied files writes those values anew. Which files are emptied follows from the version
/// alone: once all garbage passes its limit, the files with the largest share of it, as many as it takes to come well
/// below the limit; so every merge, of whatever tables, works on the same files until they are gone. If no merge comes
/// by itself, tables that refer to them are merged where they lie, neighbours together.
///
/// Why so: a log of values whose end is cleaned needs the tree to be asked about every value in it (WiscKey), and files rewritten by
/// themselves need references to be changed behind the tree's back (Titan). A merge reads the references anyway, in order, and its
/// edit changes them. Ages as a measure (RocksDB's cutoff) rewrite what is cold and whole; shares of garbage do not.
///
/// Source: the cleaning of a log-structured file system by least use (Rosenblum and Ousterhout), done by merges as in
/// RocksDB's BlobDB.
///
/// The limit, of what the last level keeps (K), with A above it: as much as brings A and the garbage to kSpaceMore * K together, but
/// at least kGarbageLeast * K.
uint64_t garbage_limit(const Version& version);

/// The numbers of the files to be emptied, ascending; none while garbage is below its limit.
std::vector<uint64_t> files_to_empty(const Version& version);

/// The numbers of the files that are encrypted otherwise than with the key of this id, ascending: to be emptied by whatever merge
/// meets references into them.
std::vector<uint64_t> files_of_other_key(const Version& version, uint64_t key_id);

/// What of those files the plan's tables use, in bytes. Requires: `files` ascend.
uint64_t size_in_files(const MergePlan& plan, const std::vector<uint64_t>& files);

/// The merge of tables that overlap `range` that empties most of `files`. `flushed`: as that of Settled. Nothing: none refers to
/// them, or merges under way are in the way.
std::optional<MergePlan> pick_garbage(const Version& version, const TreeShape& options,
                                      const std::vector<uint64_t>& files, const MergesUnderWay& under_way,
                                      const KeyRange& range, Timestamp flushed);

/// How far collecting garbage is behind: 0 to twice the limit and some memtables; 1 and more: far, from twice that on. While
/// merges do not come by themselves it keeps no writer waiting until there is eight times as much as it else may be, and they are
/// refused then: merges that were asked for, again and again of a few keys only, would leave garbage without end.
double garbage_debt(const Version& version, const TreeShape& options, Merging merging = Merging::on);

}  // namespace coppice::engine
