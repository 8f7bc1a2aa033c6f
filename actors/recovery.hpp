// How shards come up, at the start and after a failure: opened, and given what batches over several shards
// owe them.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <vector>

#include "actors/store_directory.hpp"

namespace coppice::actors {

/// Waiting does not mend it.
inline bool is_lasting(const Error& error) {
  return error.code == Errc::corruption || error.code == Errc::unsupported;
}

/// Opens trees, and keeps batches over several shards whole.
///
/// Such a batch is in the log of every participant, with the parts of all, before any of them shows it. So
/// one that any participant's log has was perhaps acknowledged, and is completed; one that none has was not.
/// A participant lacks it if and only if its last commit lies before the batch's: nothing else commits on a
/// shard between its turn being kept for the batch and the batch's record.
///
/// So shards that come up together do so all or none, as long as waiting may help: one that cannot be opened for now may hold the
/// only record of a batch, and a participant that served without it would show half of that batch once the record is there. It
/// would, too, once a later batch was completed there, behind which its last commit lies: so batches are completed, the oldest
/// first, when all are open.
///
/// A shard that is damaged keeps nobody down. It may lack a batch that others have: they keep its record (the batch is
/// unsettled there) until it comes back. Of a batch whose only record it has, which nobody was told of, it alone has its part then.
class Recovery {
public:
  /// What a shard's tree is watched with.
  using Watches = std::function<engine::Watch(uint64_t shard)>;

  Recovery(const engine::TreeOptions& options, const StoreDirectory& directory, Watches watches = nullptr)
      : options_(options), directory_(directory), watches_(std::move(watches)) {}

  struct Opened {
    uint64_t id = 0;
    Result<std::unique_ptr<engine::Storage>> tree;
    /// Batches whose record it keeps for a shard that does not serve.
    uint64_t unsettled = 0;
  };
  struct Settled {
    uint64_t shard = 0;
    Timestamp commit;
  };
  struct Outcome {
    std::vector<Opened> shards;
    /// For shards that serve already: batches that have now arrived everywhere.
    std::vector<Settled> settled;
  };

  /// `snapshots`: moments that readers hold, on any shard. Requires: none of `ids` is open; every participant
  /// of a batch that failed is among `ids`, so that those in `serving` have all they took part in. Those that have no tree in the
  /// outcome are to be opened again together. Blocks: on the disk.
  Outcome open(const std::vector<uint64_t>& ids, const std::set<uint64_t>& serving,
               const std::vector<Timestamp>& snapshots);

private:
  struct Spanning {
    std::vector<engine::RecoveredSpanning::Part> parts;
    /// Shards whose logs keep the record.
    std::set<uint64_t> holders;
  };

  void collect(const Opened& shard);
  void complete(Timestamp commit, const Spanning& batch, const std::vector<Timestamp>& snapshots,
                std::vector<Opened>& shards) const;
  static void hold_back(std::vector<Opened>& shards);
  bool arrived(const Spanning& batch, const std::vector<Opened>& shards,
               const std::set<uint64_t>& serving) const;

  const engine::TreeOptions options_;
  const StoreDirectory& directory_;
  const Watches watches_;
  // Not known to have arrived everywhere, oldest first.
  std::map<Timestamp, Spanning> unsettled_;
};

}  // namespace coppice::actors
