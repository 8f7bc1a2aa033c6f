#include "cluster/commands/event_logger.hpp"

#include <spdlog/async.h>
#include <spdlog/spdlog.h>

#include "cluster/commands/event_text.hpp"

namespace coppice::cluster {
namespace {

using engine::EventKind;

constexpr size_t kWaitingMax = 1024;

spdlog::level::level_enum level_of(const engine::Event& event) {
  switch (event.kind) {
    case EventKind::broken:
    case EventKind::read_failed:
    case EventKind::shard_down:
      return spdlog::level::err;
    case EventKind::recovered:
    case EventKind::shard_up:
    case EventKind::split:
    case EventKind::stall_ended:
    case EventKind::tables_ingested:
      return spdlog::level::info;
    default:
      return is_trouble(event) ? spdlog::level::warn : spdlog::level::debug;
  }
}

client::Event as_client_event(const actors::StoreEvent& event) {
  const engine::Event& what = event.event;
  client::Event said{.kind = name_of(what.kind),
                     .source_level = what.source_level,
                     .target_level = what.target_level,
                     .tables = what.tables,
                     .tables_written = what.tables_written,
                     .bytes_read = what.bytes_read,
                     .bytes_written = what.bytes_written,
                     .took_us = what.took_us,
                     .reason = reason_of(what),
                     .problem = {},
                     .left = what.halves[0],
                     .right = what.halves[1]};
  if (!what.outcome.ok()) said.problem = to_string(what.outcome.error());
  return said;
}

}  // namespace

actors::EventLog::Also log_events(const std::shared_ptr<spdlog::logger>& logger) {
  const auto pool = std::make_shared<spdlog::details::thread_pool>(kWaitingMax, 1);
  const auto async =
      std::make_shared<spdlog::async_logger>(logger->name(), logger->sinks().begin(), logger->sinks().end(),
                                             pool, spdlog::async_overflow_policy::overrun_oldest);
  async->set_level(logger->level());
  async->flush_on(spdlog::level::info);
  // The logger knows its threads weakly, so they are kept here.
  return [async, pool](const actors::StoreEvent& event) {
    const auto level = level_of(event.event);
    if (!async->should_log(level)) return;
    const client::Event said = as_client_event(event);
    const std::string details = event_details(said);
    async->log(level, "shard {}: {}{}{}", event.event.tree, said.kind, details.empty() ? "" : ", ", details);
  };
}

}  // namespace coppice::cluster
