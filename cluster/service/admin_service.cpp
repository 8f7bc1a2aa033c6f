#include "cluster/service/admin_service.hpp"

#include "cluster/service/answers.hpp"
#include "cluster/service/guard.hpp"
#include "cluster/service/requests.hpp"

namespace coppice::cluster {
namespace {

constexpr auto success_or_exception = [](const Result<actors::Nothing>& done) -> kj::Promise<void> {
  if (!done.ok()) return wire::to_exception(done.error());
  return kj::READY_NOW;
};

/// Tells the watcher for as long as the promise is kept, which is never done: a watcher that fails is told no more.
kj::Promise<void> watch(schema::MergeWatcher::Client watcher, actors::RangeMergeHandle merge) {
  auto request = watcher.progressRequest();
  set_merge(request.initMerge(), *merge);
  return request.send().ignoreResult().then(
      [watcher, merge = std::move(merge)]() mutable { return watch(kj::mv(watcher), std::move(merge)); },
      [](kj::Exception&&) -> kj::Promise<void> { return kj::NEVER_DONE; });
}

Result<engine::Merging> read_merging(schema::Merging message) {
  switch (message) {
    case schema::Merging::ON:
      return engine::Merging::on;
    case schema::Merging::OFF:
      return engine::Merging::off;
    case schema::Merging::PAUSED:
      return engine::Merging::paused;
    case schema::Merging::STOPPED:
      return engine::Merging::stopped;
  }
  return Error{Errc::invalid_argument, "merging may be on, off, paused or stopped"};
}

uint64_t uptime_ms(const NodeState& node) {
  const auto up = std::chrono::steady_clock::now() - node.started;
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(up).count());
}

}  // namespace

kj::Promise<void> AdminService::stats(StatsContext context) {
  return session_->call<actors::StoreStats>(
      context, [&](auto done) { session_->store().stats(std::move(done)); },
      [context, &node = session_->node()](Result<actors::StoreStats> stats) mutable -> kj::Promise<void> {
        if (!stats.ok()) return wire::to_exception(stats.error());
        auto message = context.getResults().initStats();
        message.setVersion(COPPICE_VERSION);
        message.setUptimeMs(uptime_ms(node));
        message.setConnections(node.connections.load(std::memory_order_relaxed));
        set_stats(message, *stats);
        return kj::READY_NOW;
      });
}

kj::Promise<void> AdminService::events(EventsContext context) {
  if (const Status refused = session_->refusal(); !refused.ok()) return wire::to_exception(refused.error());
  const auto params = context.getParams();
  const actors::EventPage page = session_->store().events(params.getSince(), params.getLimit());
  set_events(context.getResults(), page);
  return kj::READY_NOW;
}

kj::Promise<void> AdminService::flush(FlushContext context) {
  return guard_request([&]() -> kj::Promise<void> {
    const auto range = read_range(context.getParams().getRange());
    if (!range.ok()) return wire::to_exception(range.error());
    return session_->call<actors::Nothing>(
        context, [&](auto done) { session_->store().flush(*range, std::move(done)); }, success_or_exception);
  });
}

kj::Promise<void> AdminService::compact(CompactContext context) {
  return guard_request([&]() -> kj::Promise<void> {
    const auto range = read_range(context.getParams().getRange());
    if (!range.ok()) return wire::to_exception(range.error());
    kj::Maybe<schema::MergeWatcher::Client> watcher;
    if (context.getParams().hasWatcher()) watcher = context.getParams().getWatcher();
    actors::RangeMergeHandle merge;
    kj::Promise<void> merged = session_->call<actors::Nothing>(
        context, [&](auto done) { merge = session_->store().compact(*range, std::move(done)); },
        success_or_exception);
    // Refused.
    if (merge == nullptr) return merged;
    KJ_IF_MAYBE (client, watcher) merged = merged.exclusiveJoin(watch(*client, merge));
    return merged.attach(kj::defer([merge]() { merge->cancel(); }));
  });
}

kj::Promise<void> AdminService::setMerging(SetMergingContext context) {
  return guard_request([&]() -> kj::Promise<void> {
    const auto merging = read_merging(context.getParams().getMerging());
    if (!merging.ok()) return wire::to_exception(merging.error());
    return session_->call<actors::Nothing>(
        context, [&](auto done) { session_->store().set_merging(*merging, std::move(done)); },
        success_or_exception);
  });
}

kj::Promise<void> AdminService::cancelMerge(CancelMergeContext context) {
  return guard_request([&]() -> kj::Promise<void> {
    const uint64_t id = context.getParams().getId();
    return session_->call<actors::Nothing>(
        context, [&](auto done) { session_->store().cancel_merge(id, std::move(done)); },
        success_or_exception);
  });
}

kj::Promise<void> AdminService::verify(VerifyContext context) {
  return guard_request([&]() -> kj::Promise<void> {
    const auto range = read_range(context.getParams().getRange());
    if (!range.ok()) return wire::to_exception(range.error());
    return session_->call<engine::VerifyReport>(
        context, [&](auto done) { session_->store().verify(*range, std::move(done)); },
        [context](Result<engine::VerifyReport> report) mutable -> kj::Promise<void> {
          if (!report.ok()) return wire::to_exception(report.error());
          set_report(context.getResults().initReport(), *report);
          return kj::READY_NOW;
        });
  });
}

kj::Promise<void> AdminService::split(SplitContext context) {
  return guard_request([&]() -> kj::Promise<void> {
    const auto key = read_key(context.getParams().getKey());
    if (!key.ok()) return wire::to_exception(key.error());
    return session_->call<actors::SplitShards>(
        context, [&](auto done) { session_->store().split(*key, std::move(done)); },
        [context](Result<actors::SplitShards> shards) mutable -> kj::Promise<void> {
          if (!shards.ok()) return wire::to_exception(shards.error());
          auto results = context.getResults(capnp::MessageSize{6, 0});
          results.setLeft(shards->left);
          results.setRight(shards->right);
          return kj::READY_NOW;
        });
  });
}

kj::Promise<void> AdminService::checkpoint(CheckpointContext context) {
  return guard_request([&]() -> kj::Promise<void> {
    const auto directory = session_->store().checkpoint_path(context.getParams().getName().cStr());
    if (!directory.ok()) return wire::to_exception(directory.error());
    return session_->call<Timestamp>(
        context, [&](auto done) { session_->store().checkpoint(*directory, std::move(done)); },
        [context, path = *directory](Result<Timestamp> moment) mutable -> kj::Promise<void> {
          if (!moment.ok()) return wire::to_exception(moment.error());
          auto results = context.getResults();
          results.setDirectory(path);
          results.setTimestamp(moment->raw);
          return kj::READY_NOW;
        });
  });
}

kj::Promise<void> AdminService::ingest(IngestContext context) {
  return guard_request([&]() -> kj::Promise<void> {
    std::vector<std::string> files;
    for (const capnp::Text::Reader path : context.getParams().getFiles()) {
      if (files.size() == actors::kIngestFilesMax)
        return wire::to_exception(
            {Errc::invalid_argument,
             "an ingest takes " + std::to_string(actors::kIngestFilesMax) + " files at most"});
      files.emplace_back(path.cStr(), path.size());
    }
    return session_->call<actors::Ingested>(
        context, [&](auto done) { session_->store().ingest(std::move(files), std::move(done)); },
        [context](const Result<actors::Ingested>& ingested) mutable -> kj::Promise<void> {
          if (!ingested.ok()) return wire::to_exception(ingested.error());
          auto results = context.getResults(capnp::MessageSize{8, 0});
          results.setTimestamp(ingested->commit.raw);
          results.setEntries(ingested->entries);
          results.setBytes(ingested->bytes);
          return kj::READY_NOW;
        });
  });
}

}  // namespace coppice::cluster
