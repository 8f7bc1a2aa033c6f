#include "actors/recovery.hpp"

#include <algorithm>
#include <atomic>

namespace coppice::actors {
namespace {

using engine::Batch;

Recovery::Opened* find_open(std::vector<Recovery::Opened>& shards, uint64_t id) {
  const auto at = std::ranges::find(shards, id, &Recovery::Opened::id);
  return at != shards.end() && at->tree.ok() ? &*at : nullptr;
}

/// Writes one batch, flushing and merging on this thread as long as the tree has too much of both to do.
Status write_whatever_it_takes(engine::Storage& tree, const Batch& batch, Timestamp commit,
                               const std::vector<Timestamp>& snapshots) {
  const std::atomic<bool> never{false};
  for (;;) {
    Status written = tree.write(batch, commit, Durability::synced);
    if (written.ok() || written.error().code != Errc::unavailable) return written;
    std::optional<engine::Job> job = tree.plan_flush(snapshots);
    if (!job) job = tree.plan_merge(snapshots);
    if (!job) return written;
    job->run(never);
    COPPICE_TRY(tree.install(std::move(*job)));
  }
}

}  // namespace

Recovery::Outcome Recovery::open(const std::vector<uint64_t>& ids, const std::set<uint64_t>& serving,
                                 const std::vector<Timestamp>& snapshots) {
  Outcome outcome;
  for (const uint64_t id : ids) {
    outcome.shards.push_back(
        {id, directory_.open_shard(id, options_, watches_ ? watches_(id) : engine::Watch{})});
    collect(outcome.shards.back());
  }
  // Who is given a batch has all before it, as far as its last commit tells: so none is completed until all are known.
  hold_back(outcome.shards);
  for (const auto& [commit, batch] : unsettled_) complete(commit, batch, snapshots, outcome.shards);
  hold_back(outcome.shards);

  for (auto at = unsettled_.begin(); at != unsettled_.end();) {
    const auto& [commit, batch] = *at;
    const bool settled = arrived(batch, outcome.shards, serving);
    for (const uint64_t holder : batch.holders) {
      Opened* shard = find_open(outcome.shards, holder);
      if (shard != nullptr && settled) (*shard->tree)->settle(commit);
      if (shard != nullptr && !settled) ++shard->unsettled;
      if (shard == nullptr && settled && serving.contains(holder))
        outcome.settled.push_back({holder, commit});
    }
    at = settled ? unsettled_.erase(at) : std::next(at);
  }
  return outcome;
}

void Recovery::collect(const Opened& shard) {
  if (!shard.tree.ok()) return;
  for (engine::RecoveredSpanning& found : (*shard.tree)->spanning()) {
    Spanning& batch = unsettled_[found.commit];
    batch.holders.insert(shard.id);
    if (batch.parts.empty()) batch.parts = std::move(found.parts);
  }
}

/// Gives every participant that is open and lacks its part that part.
void Recovery::complete(Timestamp commit, const Spanning& batch, const std::vector<Timestamp>& snapshots,
                        std::vector<Opened>& shards) const {
  for (const engine::RecoveredSpanning::Part& part : batch.parts) {
    Opened* shard = find_open(shards, part.shard);
    if (shard == nullptr || (*shard->tree)->last_commit() >= commit) continue;
    if (Status written = write_whatever_it_takes(**shard->tree, part.batch, commit, snapshots); !written.ok())
      shard->tree = std::move(written).error();
  }
}

/// All of them, if one may come up yet.
void Recovery::hold_back(std::vector<Opened>& shards) {
  const auto late = std::ranges::find_if(
      shards, [](const Opened& shard) { return !shard.tree.ok() && !is_lasting(shard.tree.error()); });
  if (late == shards.end()) return;
  const Error& why = late->tree.error();
  const Error waits{why.code, "shard " + std::to_string(late->id) +
                                  ", with which it has to come up, cannot be opened: " + why.text};
  for (Opened& shard : shards)
    if (shard.tree.ok()) shard.tree = waits;
}

bool Recovery::arrived(const Spanning& batch, const std::vector<Opened>& shards,
                       const std::set<uint64_t>& serving) const {
  return std::ranges::all_of(batch.parts, [&](const engine::RecoveredSpanning::Part& part) {
    // A shard that is in the map no more was split, which a shard with anything unsettled is not.
    if (!directory_.map().index_of(part.shard) || serving.contains(part.shard)) return true;
    return std::ranges::any_of(
        shards, [&](const Opened& shard) { return shard.id == part.shard && shard.tree.ok(); });
  });
}

}  // namespace coppice::actors
