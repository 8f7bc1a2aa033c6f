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
    return session_->call<actors::Nothing>(
        context, [&](auto done) { session_->store().compact(*range, std::move(done)); },
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

}  // namespace coppice::cluster
