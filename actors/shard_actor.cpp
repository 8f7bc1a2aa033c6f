#include "actors/shard_actor.hpp"

#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/deliver.hpp"
#include "actors/exceptions.hpp"
#include "engine/compact/write_pace.hpp"

namespace coppice::actors {
namespace {

using Self = ShardActor::stateful_pointer<ShardState>;
template <class T>
using Reply = caf::typed_response_promise<T>;

class ActorHost final : public ShardHost {
public:
  ActorHost(Self self, const ShardParts& parts)
      : self_(self), platform_(parts.platform), crew_(parts.crew), id_(parts.port->id) {}

  void run_apart(std::function<Status()> work) override {
    auto run = [work = std::move(work), shard = ShardActor(self_)] {
      caf::anon_send(shard, atom::ran_v, work());
    };
    self_->send(crew_.log_sync, atom::run_v, Task{std::move(run), nullptr});
  }

  void run_job(std::shared_ptr<RunningJob> job) override {
    const auto& workers = job->kind == engine::Job::Kind::flush ? crew_.flushers : crew_.compactors;
    const size_t part_count = job->job.part_count();
    for (size_t task = 0; task < part_count; ++task) {
      auto run = [job, shard = ShardActor(self_), &platform = platform_] {
        // Where nobody may block the part is left to who lets go of the job.
        if (!platform.has_threads() && job->is_held()) return;
        const std::optional<size_t> part = job->parts.begin();
        if (!part) return;
        engine::WritePace pace;
        job->job.run_part(*part, job->cancelled, [&pace, &job, &platform](uint64_t size, double rate) {
          job->wrote(size);
          job->wait_while_held();
          const auto wait = pace.wrote(platform.now(), size, rate);
          if (wait > wait.zero()) platform.sleep(wait);
        });
        if (job->parts.came_back()) caf::anon_send(shard, atom::job_ran_v, job);
      };
      self_->send(workers, atom::run_v, Task{std::move(run), nullptr});
    }
  }

  void give_back(std::shared_ptr<RunningJob> job) override { self_->send(self_, atom::job_ran_v, job); }

  void let_go(const std::shared_ptr<RunningJob>& job) override {
    const bool was_held = job->is_held();
    job->let_go();
    // What has begun is no part that begins again.
    if (was_held && !platform_.has_threads()) run_job(job);
  }

  void wake_after(std::chrono::microseconds delay) override {
    self_->delayed_send(self_, delay, atom::timer_v);
  }

  void failed(const Error& error) override { self_->send(crew_.router, atom::failed_v, id_, error); }

  void ended() override {
    // Nothing of the tree may be open when the router hears that it has ended.
    ended_ = true;
  }

  std::chrono::steady_clock::time_point now() override { return platform_.now(); }

  /// After a message was handled: ends the actor once the shard has ended.
  void end_if_due() {
    if (!ended_) return;
    self_->state.shard.reset();
    self_->send(crew_.router, atom::ended_v, id_);
    self_->quit();
  }

private:
  const Self self_;
  Platform& platform_;
  const ShardCrew crew_;
  const uint64_t id_;
  bool ended_ = false;
};

}  // namespace

ShardActor::behavior_type shard_actor(Self self, const std::shared_ptr<ShardParts>& parts) {
  end_with_exceptions(*self);
  auto host = std::make_unique<ActorHost>(self, *parts);
  ActorHost* end = host.get();
  self->state.host = std::move(host);
  self->state.shard = std::make_unique<Shard>(*end, parts->clock, parts->port, std::move(parts->tree),
                                              parts->unsettled, parts->merge_interval);

  // The actor ends after the message in which its shard has ended.
  const auto tell = [self, end](auto&& call) {
    call(*self->state.shard);
    end->end_if_due();
  };
  const auto ask = [self, end](auto reply, auto&& call) {
    auto done = deliver_to(self, reply);
    call(*self->state.shard, std::move(done));
    end->end_if_due();
    return reply;
  };
  return {
      [tell](atom::turn) { tell([](Shard& shard) { shard.turn(); }); },
      [self, tell, router = parts->crew.router](atom::write, engine::Batch& batch,
                                                Durability durability) -> caf::result<Timestamp> {
        caf::response_promise reply;
        auto request = std::make_unique<WriteRequest>();
        request->batch = std::move(batch);
        request->durability = durability;
        request->done = deliver_anywhere<Timestamp>(self, reply);
        tell([&](Shard& shard) {
          if (!shard.write(request))
            self->send(router, atom::write_v,
                       std::make_shared<std::unique_ptr<WriteRequest>>(std::move(request)));
        });
        return reply;
      },
      [tell](atom::adopt, std::vector<Timestamp>& snapshots, WriteListPtr& inherited) {
        tell([&](Shard& shard) { shard.adopt(std::move(snapshots), std::move(*inherited)); });
      },
      [ask](atom::advance, Timestamp moment) -> caf::result<Timestamp> {
        return ask(Reply<Timestamp>(),
                   [&](Shard& shard, auto done) { shard.advance(moment, std::move(done)); });
      },
      [tell](atom::release, Timestamp moment) { tell([&](Shard& shard) { shard.release(moment); }); },
      [ask](atom::hold, uint64_t size) -> caf::result<Nothing> {
        return ask(Reply<Nothing>(), [size](Shard& shard, auto done) { shard.hold(size, std::move(done)); });
      },
      [ask](atom::log, const SpanningGroupPtr& group) -> caf::result<Nothing> {
        return ask(Reply<Nothing>(),
                   [&](Shard& shard, auto done) { shard.log_spanning(group, std::move(done)); });
      },
      [ask](atom::apply) -> caf::result<Nothing> {
        return ask(Reply<Nothing>(), [](Shard& shard, auto done) { shard.apply_spanning(std::move(done)); });
      },
      [ask](atom::checkpoint, const std::string& directory) -> caf::result<Nothing> {
        return ask(Reply<Nothing>(),
                   [&](Shard& shard, auto done) { shard.checkpoint(directory, std::move(done)); });
      },
      [ask](atom::flush, const OutsideTablesPtr& tables) -> caf::result<Nothing> {
        return ask(Reply<Nothing>(),
                   [&](Shard& shard, auto done) { shard.flush_below(tables, std::move(done)); });
      },
      [ask](atom::hold, const OutsideTablesPtr& tables) -> caf::result<Nothing> {
        return ask(Reply<Nothing>(), [&](Shard& shard, auto done) { shard.hold(tables, std::move(done)); });
      },
      [ask](atom::ingest, Timestamp commit) -> caf::result<Nothing> {
        return ask(Reply<Nothing>(), [&](Shard& shard, auto done) { shard.ingest(commit, std::move(done)); });
      },
      [tell](atom::let_go) { tell([](Shard& shard) { shard.let_go(); }); },
      [tell](atom::settle, Timestamp commit) { tell([&](Shard& shard) { shard.settle(commit); }); },
      [ask](atom::flush) -> caf::result<Nothing> {
        return ask(Reply<Nothing>(), [](Shard& shard, auto done) { shard.flush(std::move(done)); });
      },
      [ask](atom::compact, const KeyRange& range, const RangeMergeHandle& merge) -> caf::result<Nothing> {
        return ask(Reply<Nothing>(),
                   [&](Shard& shard, auto done) { shard.compact(range, merge, std::move(done)); });
      },
      [ask](atom::merging, engine::Merging merging) -> caf::result<Nothing> {
        return ask(Reply<Nothing>(),
                   [=](Shard& shard, auto done) { shard.set_merging(merging, std::move(done)); });
      },
      [ask](atom::stats) -> caf::result<ShardStats> {
        return ask(Reply<ShardStats>(), [](Shard& shard, auto done) { shard.stats(std::move(done)); });
      },
      [ask](atom::cut, const Cut& plan) -> caf::result<WriteListPtr> {
        return ask(Reply<WriteListPtr>(), [&](Shard& shard, auto done) { shard.cut(plan, std::move(done)); });
      },
      [ask](atom::close, WriteListPtr& leftover) -> caf::result<Nothing> {
        return ask(Reply<Nothing>(),
                   [&](Shard& shard, auto done) { shard.close(std::move(*leftover), std::move(done)); });
      },
      [tell](atom::fail, const Error& error) { tell([&](Shard& shard) { shard.fail(error); }); },
      [tell](atom::ran, const Status& outcome) { tell([&](Shard& shard) { shard.ran(outcome); }); },
      [tell](atom::job_ran, const RunningJobPtr& job) { tell([&](Shard& shard) { shard.job_ran(job); }); },
      [tell](atom::timer) { tell([](Shard& shard) { shard.timer(); }); },
  };
}

}  // namespace coppice::actors
