// Scans: pages of one moment in key order, over one shard or many.
#pragma once

#include <memory>
#include <mutex>

#include "actors/core.hpp"
#include "actors/door.hpp"

namespace coppice::actors {

/// Where a scan stands. Shards hold disjoint ranges, so the next key in order is always the next key of one
/// shard, or the first of its neighbour: pages are read from one shard after the other, forward or back.
///
/// Between two pages it holds a snapshot and its place, and pins nothing: an abandoned scan costs no file and
/// no memtable, and one whose shard was split meanwhile goes on with the halves.
///
/// Threads: one at a time.
class ScanPosition {
public:
  /// Requires: options.snapshot.
  ScanPosition(std::shared_ptr<Core> core, ScanOptions options);

  /// After the last page: an empty last page. Blocks: on the disk.
  Result<Page> next();

private:
  Status fill(Page& page);
  Status fill_from(const engine::TreeReader& reader, const KeyRange& range, Page& page);
  void move_past(ByteView key);
  bool page_full(const Page& page) const;

  const std::shared_ptr<Core> core_;
  const ScanOptions options_;
  // What is left: cut from the front going forward, from the back going in reverse.
  KeyRange rest_;
  uint64_t count_ = 0;
  bool ended_ = false;
  // For good: what a failed page had read is lost.
  Status failure_;
};

/// A scan on the reader pool, which reads one page ahead while its user works on the last.
/// Threads: one call at a time.
class PagedScan final : public Scan {
public:
  PagedScan(std::shared_ptr<Core> core, std::shared_ptr<Door> door, ScanOptions options);
  ~PagedScan() override;

  Result<Page> next() override;
  void next(std::function<void(Result<Page>)> done) override;

private:
  struct Shared;
  // Kept by reads under way, too.
  const std::shared_ptr<Shared> shared_;
  const std::shared_ptr<Door> door_;
};

Error empty_range();

/// A moment on the shards that overlap `range`.
void take_snapshot(const std::shared_ptr<Door>& door, const KeyRange& range,
                   const Done<SnapshotHandle>& done);

/// Takes a snapshot, if the options bring none, and begins the scan.
void begin_scan(const std::shared_ptr<Core>& core, const std::shared_ptr<Door>& door, ScanOptions options,
                Done<std::shared_ptr<Scan>> done);

/// A scan for programs that are actors.
struct ScanState {
  std::shared_ptr<Scan> scan;

  static constexpr const char* name = "coppice.scan";
};
ScanActor::behavior_type scan_actor(ScanActor::stateful_pointer<ScanState> self,
                                    const std::shared_ptr<Scan>& scan);

}  // namespace coppice::actors
