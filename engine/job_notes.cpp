#include "engine/job_notes.hpp"

#include <algorithm>

namespace coppice::engine {
namespace {

constexpr uint64_t kColdPauseMs = 60'000;

}  // namespace

void note_merge(TreeState& tree, const JobState& job) {
  const MergePlan& plan = *job.plan;
  const uint64_t source = tables_size_of(plan.source);
  const uint64_t target = tables_size_of(plan.target);
  tree.bytes_merged[plan.target_level] += job.bytes_written();
  if (job.writes()) tree.bytes_merge_read[plan.target_level] += source + target;
  // Of keys of a memtable what is written beside what was there is what came.
  const uint64_t written = job.bytes_written();
  if (job.memtable != nullptr) {
    tree.bytes_arrived[plan.target_level] += written > target ? written - target : 0;
  } else if (plan.source_level != plan.target_level && !plan.drop) {
    tree.bytes_arrived[plan.target_level] += source;
  }
}

void note_end(const TreeState& tree, const JobState& job, uint64_t tables_written, const Status& outcome) {
  const bool is_flush = job.kind == Job::Kind::flush;
  EventKind kind = is_flush ? EventKind::flush_ended : EventKind::merge_ended;
  if (!job.writes()) kind = job.plan->move ? EventKind::tables_moved : EventKind::tables_dropped;
  if (job.writes() && !job.has_begun.load(std::memory_order_relaxed)) return;
  Event event = job.event(kind);
  event.tables_written = tables_written;
  event.bytes_written = job.bytes_written();
  const uint64_t begun = job.begun_ns.load(std::memory_order_relaxed);
  const uint64_t took_ns = job.ended_ns.load(std::memory_order_relaxed) - begun;
  event.took_us = job.writes() ? took_ns / 1000 : 0;
  event.outcome = outcome;
  const Watch& watch = tree.env.watch;
  watch.tell(std::move(event));
  if (outcome.ok() && job.writes() && watch.latencies != nullptr && watch.stopwatch != nullptr)
    (is_flush ? watch.latencies->flush : watch.latencies->merge).add(took_ns);
}

void note_cold_room(TreeState& tree, const JobState& job) {
  // All that a part writes lies in one place.
  const bool full = std::ranges::any_of(job.parts, [](const JobPart& part) {
    return part.cold && !part.status.ok() && part.status.error().code == Errc::out_of_space;
  });
  if (full) tree.cold_full_until_ms = tree.now_ms() + kColdPauseMs;
}

}  // namespace coppice::engine
