#include "tests/torture/keeper.hpp"

#include <algorithm>
#include <filesystem>

namespace coppice::torture {
namespace {

constexpr size_t kShardsMax = 10;
constexpr size_t kCheckpointsMax = 2;

Status status_of(const Status& status) { return status; }
template <class T>
Status status_of(const Result<T>& result) {
  return result.status();
}

}  // namespace

Keeper::Keeper(Stage& stage, SharedNumbers& shared, std::vector<std::unique_ptr<Worker>>& workers,
               uint64_t seed)
    : stage_(stage), shared_(shared), workers_(workers), draw_(seed, "keeper"), link_(stage, draw_, {}) {}

void Keeper::run() {
  while (!stage_.ended()) {
    if (!link_.is_connected()) {
      // As it was told to at its start.
      merging_ = client::Merging::on;
      if (!link_.connect()) continue;
    }
    step();
    (void)stage_.wait_for(Count::calls, draw_.between(20, 200), std::chrono::seconds(60),
                          [] { return true; });
  }
  link_.drop();
}

const Bytes& Keeper::any_key() {
  const auto& beds = draw_.one_of(workers_)->beds();
  return draw_.one_of(draw_.one_of(beds)->plot.keys());
}

template <class Outcome>
bool Keeper::done(const char* what, const Outcome& outcome) {
  const Status status = status_of(outcome);
  stage_.report().count(Report::Part::done, std::string(what) + (status.ok() ? "" : ", refused"));
  if (!status.ok()) (void)link_.refused(status.error());
  return status.ok();
}

void Keeper::step() {
  if (merging_ != client::Merging::on && draw_.one_in(2)) return turn_merging_on();
  switch (draw_.below(9)) {
    case 0:
      return split();
    case 1:
      return (void)done("flushes", link_.client().flush());
    case 2:
    case 3:
      return compact();
    case 4:
      return set_merging();
    case 5:
    case 6:
      return verify();
    case 7:
      return checkpoint();
    default:
      return look_at_stats();
  }
}

void Keeper::split() {
  if (shard_count_ == 0 || shard_count_ >= kShardsMax) return look_at_stats();
  (void)done("splits", link_.client().split(any_key()));
  shard_count_ = 0;
}

void Keeper::compact() {
  // A merge waits until the pause has ended, and nobody else ends it.
  if (merging_ == client::Merging::paused) return turn_merging_on();
  KeyRange range;
  if (draw_.one_in(2)) range.begin = any_key();
  // Some are ended by who asked for them, while they run.
  const bool is_patient = draw_.one_in(2);
  (void)done("merges of ranges",
             link_.client().compact(range, [is_patient](const client::RangeMerge&) { return is_patient; }));
}

void Keeper::set_merging() {
  static constexpr client::Merging kKinds[] = {client::Merging::off, client::Merging::paused,
                                               client::Merging::stopped};
  const client::Merging kind = draw_.one_of(kKinds);
  // Whoever is not told may have been heard.
  merging_ = kind;
  (void)done("merging turned off, paused or stopped", link_.client().set_merging(kind));
}

void Keeper::turn_merging_on() {
  if (done("merging turned on", link_.client().set_merging(client::Merging::on)))
    merging_ = client::Merging::on;
}

void Keeper::verify() {
  const uint64_t before = stage_.disturbances();
  const auto report = link_.client().verify();
  if (!done("verifications", report)) return;
  // Files that cannot be opened are problems too, while there is a disturbance; and a shard that restarts after it says that it does.
  const auto problem = std::ranges::find_if(
      report->problems, [](const std::string& text) { return !text.starts_with("unavailable: "); });
  if (problem == report->problems.end() || before % 2 == 1 || before != stage_.disturbances()) return;
  stage_.report().violation("verify of the node that serves: " + *problem);
}

void Keeper::checkpoint() {
  KeptMoment moment;
  moment.added_at_least = shared_.added_at_least();
  for (const auto& worker : workers_)
    for (const auto& bed : worker->beds())
      moment.stamps.push_back({bed.get(), bed->stamp_at_least.load(), 0});
  const auto made = link_.client().checkpoint("c" + std::to_string(++checkpoint_count_));
  if (!done("checkpoints", made)) return;
  moment.directory = made->directory;
  moment.added_at_most = shared_.added_at_most();
  for (KeptMoment::Stamp& stamp : moment.stamps) stamp.at_most = stamp.bed->stamp_at_most.load();
  kept_.push_back(std::move(moment));
  if (kept_.size() <= kCheckpointsMax) return;
  std::error_code ignored;
  std::filesystem::remove_all(kept_.front().directory, ignored);
  kept_.pop_front();
}

void Keeper::look_at_stats() {
  const auto stats = link_.client().stats();
  if (!done("looks at stats", stats)) return;
  shard_count_ = stats->shards.size();
  Report& report = stage_.report();
  report.peak("shards", shard_count_);
  report.peak("budgeted memory that the node says is taken, bytes",
              stats->memtables_size + stats->filters_size + stats->index_size + stats->cache_size);
  for (const client::ShardStats& shard : stats->shards) {
    report.peak("bytes of a shard", shard.total_size);
    for (const client::StallStats& stall : shard.stalls)
      if (stall.count > 0) report.count(Report::Part::done, "looks that saw writes wait for " + stall.reason);
  }
}

}  // namespace coppice::torture
