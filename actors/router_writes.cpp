// Batches over several shards: hold every participant, log with all, apply to all.
#include <algorithm>

#include <caf/stateful_actor.hpp>

#include "actors/router.hpp"
#include "actors/submit.hpp"
#include "actors/write_group.hpp"

namespace coppice::actors {
namespace {

/// Of the batches that commit together.
constexpr size_t kSpanningSizeMax = 16 << 20;
constexpr uint32_t kRetryAfterMs = 50;

}  // namespace

/// The batches of one turn, and who waits for them.
struct Router::Spanning {
  std::shared_ptr<SpanningGroup> group = std::make_shared<SpanningGroup>();
  std::vector<std::unique_ptr<WriteRequest>> requests;
  std::vector<uint64_t> shards;
  std::vector<ShardActor> actors;
};

void Router::write(std::unique_ptr<WriteRequest> request) {
  if (closing_) return request->done(Door::closed());
  request = submit(*core_, std::move(request));
  if (request == nullptr) return;
  if (request->conditions != nullptr)
    return request->done(
        Error{Errc::unsupported,
              "the keys of a write with conditions belong to several shards: use keys of one, or "
              "several writes"});
  const uint64_t operations = spanning_operations_ + request->batch.count();
  const uint64_t size = spanning_size_ + request->size();
  const StoreOptions& options = core_->options;
  if (!spanning_.empty() && (operations > options.queue_operations_max || size > options.queue_size_max))
    return request->done(Error{
        Errc::unavailable, "too many batches over several shards wait: wait and try again", kRetryAfterMs});
  spanning_operations_ = operations;
  spanning_size_ = size;
  const bool first = spanning_.empty();
  spanning_.push_back(std::move(request));
  if (first) take_turn([this] { write_spanning(); });
}

void Router::write_spanning() {
  const std::shared_ptr<Spanning> batch = gather_spanning();
  if (!spanning_.empty()) take_turn([this] { write_spanning(); });
  if (batch->requests.empty()) return end_turn();
  hold_spanning(batch);
}

/// Takes a group of what waits; answers those in it that cannot be served.
std::shared_ptr<Router::Spanning> Router::gather_spanning() {
  auto batch = std::make_shared<Spanning>();
  for (std::unique_ptr<WriteRequest>& request : take_group(spanning_, kSpanningSizeMax)) {
    spanning_operations_ -= request->batch.count();
    spanning_size_ -= request->size();
    Result<std::vector<BatchPart>> parts = cut_batch(roster_.table(), request->batch);
    if (!parts.ok()) {
      request->done(parts.error());
      continue;
    }
    const auto down = std::ranges::find_if(
        *parts, [&](const BatchPart& part) { return roster_.find_id(part.shard)->port == nullptr; });
    if (down != parts->end()) {
      request->done(roster_.find_id(down->shard)->problem);
      continue;
    }
    for (const BatchPart& part : *parts) {
      if (std::ranges::find(batch->shards, part.shard) != batch->shards.end()) continue;
      batch->shards.push_back(part.shard);
      batch->actors.push_back(roster_.find_id(part.shard)->actor);
    }
    batch->group->writes.push_back({{}, std::move(*parts), {}});
    batch->requests.push_back(std::move(request));
  }
  return batch;
}

Status Router::check_held(const std::vector<uint64_t>& ids, const std::vector<ShardActor>& actors,
                          const std::vector<Result<Nothing>>& held) const {
  COPPICE_TRY(first_failure(held));
  // A participant that has failed since it answered may be on its way up again: it is not ours any more.
  for (size_t i = 0; i < ids.size(); ++i) {
    const ShardRoster::Member& member = *roster_.find_id(ids[i]);
    if (member.actor == actors[i]) continue;
    if (member.port == nullptr) return member.problem;
    return Error{Errc::unavailable, "shard " + std::to_string(member.id) + " has restarted: try again",
                 kRetryAfterMs};
  }
  return success();
}

void Router::hold_spanning(const std::shared_ptr<Spanning>& batch) {
  const Gather<Nothing> gather(batch->actors.size(), [this, batch](const std::vector<Result<Nothing>>& held) {
    const Status outcome = check_held(batch->shards, batch->actors, held);
    if (outcome.ok()) return log_spanning(batch);
    for (size_t i = 0; i < held.size(); ++i)
      if (held[i].ok()) self_->send(batch->actors[i], atom::let_go_v);
    end_spanning(batch, outcome);
  });
  for (size_t i = 0; i < batch->actors.size(); ++i)
    ask_shard(batch->actors[i], gather.at(i), atom::hold_v,
              uint64_t{batch->group->log_size_of(batch->shards[i])});
}

void Router::log_spanning(const std::shared_ptr<Spanning>& batch) {
  // Every participant stands still: later than all they committed, earlier than all they will.
  for (SpanningGroup::Write& write : batch->group->writes) {
    write.commit = core_->clock.now();
    for (const BatchPart& part : write.parts) write.logged.push_back({part.shard, part.batch.bytes()});
  }
  ended_.bind(batch->shards);
  const Gather<Nothing> gather(batch->actors.size(),
                               [this, batch](const std::vector<Result<Nothing>>& logged) {
                                 if (const Status outcome = first_failure(logged); !outcome.ok())
                                   return fail_spanning(batch, outcome.error());
                                 for (const uint64_t id : ended_.unbind()) recover({id});
                                 apply_spanning(batch);
                               });
  const SpanningGroupPtr group = batch->group;
  for (size_t i = 0; i < batch->actors.size(); ++i)
    ask_shard(batch->actors[i], gather.at(i), atom::log_v, group);
}

void Router::apply_spanning(const std::shared_ptr<Spanning>& batch) {
  // A participant that fails from here on finds the batch in its own log: it is committed whatever is
  // answered.
  const Gather<Nothing> gather(batch->actors.size(), [this, batch](const std::vector<Result<Nothing>>&) {
    end_spanning(batch, success());
  });
  for (size_t i = 0; i < batch->actors.size(); ++i) ask_shard(batch->actors[i], gather.at(i), atom::apply_v);
}

/// Some may have logged the batch and some not: only their common recovery can make them agree.
void Router::fail_spanning(const std::shared_ptr<Spanning>& batch, const Error& error) {
  for (size_t i = 0; i < batch->shards.size(); ++i) {
    shard_failed(batch->shards[i], error);
    self_->send(batch->actors[i], atom::fail_v, error);
  }
  recover(ended_.condemn());
  Error unknown = error;
  unknown.text += "; this write may or may not be kept, but all of it or nothing";
  end_spanning(batch, unknown);
}

void Router::end_spanning(const std::shared_ptr<Spanning>& batch, const Status& outcome) {
  for (size_t i = 0; i < batch->requests.size(); ++i) {
    if (outcome.ok()) {
      batch->requests[i]->done(batch->group->writes[i].commit);
    } else {
      batch->requests[i]->done(outcome.error());
    }
  }
  end_turn();
}

}  // namespace coppice::actors
