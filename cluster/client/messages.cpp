#include "cluster/client/messages.hpp"

#include "cluster/wire/convert.hpp"

namespace coppice::client {
namespace {

std::string text(capnp::Text::Reader message) { return {message.cStr(), message.size()}; }

LevelStats read_level(schema::Stats::Level::Reader message) {
  return {message.getTables(), message.getSize(), message.getEntries()};
}

ShardStats::State read_state(schema::Stats::State message) {
  switch (message) {
    case schema::Stats::State::SERVING:
      return ShardStats::State::serving;
    case schema::Stats::State::RECOVERING:
      return ShardStats::State::recovering;
    case schema::Stats::State::FAILED:
      break;
  }
  return ShardStats::State::failed;
}

Merging read_merging(schema::Merging message) {
  switch (message) {
    case schema::Merging::ON:
      return Merging::on;
    case schema::Merging::OFF:
      return Merging::off;
    case schema::Merging::PAUSED:
      return Merging::paused;
    case schema::Merging::STOPPED:
      break;
  }
  return Merging::stopped;
}

ShardStats read_shard(schema::Stats::Shard::Reader message) {
  ShardStats shard;
  shard.id = message.getId();
  shard.range = wire::read_range(message.getRange());
  shard.state = read_state(message.getState());
  shard.problem = text(message.getProblem());
  shard.memtable_size = message.getMemtableSize();
  shard.log_size = message.getLogSize();
  for (auto level : message.getLevels()) shard.levels.push_back(read_level(level));
  shard.writes = message.getWrites();
  shard.groups = message.getGroups();
  shard.syncs = message.getSyncs();
  shard.flushes = message.getFlushes();
  shard.merges = message.getMerges();
  shard.snapshots = message.getSnapshots();
  shard.visible = Timestamp{message.getVisible()};
  shard.bytes_flushed = message.getBytesFlushed();
  shard.bytes_merged = message.getBytesMerged();
  shard.pending_merge_size = message.getPendingMergeSize();
  shard.level0_depth = message.getLevel0Depth();
  for (auto key : message.getFilesByKey()) shard.files_by_key[key.getKeyId()] = key.getFiles();
  shard.debt_percent = message.getDebtPercent();
  shard.stalled_ms = message.getStalledMs();
  return shard;
}

}  // namespace

capnp::MessageSize write_size(const Batch& batch) { return {wire::words_for(batch.size()) + 16, 0}; }

void set_operations(const Batch& batch, capnp::List<schema::Operation>::Builder operations) {
  for (size_t i = 0; i < batch.count(); ++i) {
    const Batch::Operation operation = batch.operation(i);
    auto message = operations[static_cast<capnp::uint>(i)];
    switch (operation.kind) {
      case Batch::Kind::put: {
        schema::Entry::Builder entry{nullptr};
        if (operation.ttl_ms == 0) {
          entry = message.initPut();
        } else {
          auto timed = message.initPutFor();
          timed.setTtlMs(operation.ttl_ms);
          entry = timed.initEntry();
        }
        entry.setKey(wire::as_data(operation.key));
        entry.setValue(wire::as_data(operation.value));
        break;
      }
      case Batch::Kind::merge: {
        auto merge = message.initMerge();
        merge.setKey(wire::as_data(operation.key));
        merge.setOperator(wire::to_message(operation.op));
        merge.setOperand(wire::as_data(operation.value));
        break;
      }
      case Batch::Kind::remove:
        message.setDelete(wire::as_data(operation.key));
        break;
      case Batch::Kind::delete_range: {
        auto range = message.initDeleteRange();
        range.setBegin(wire::as_data(operation.key));
        range.setEnd(wire::as_data(operation.value));
        break;
      }
    }
  }
}

std::optional<Bytes> read_value(schema::Value::Reader message) {
  if (!message.isPresent()) return std::nullopt;
  return Bytes(wire::as_view(message.getPresent()));
}

schema::Merging to_message(Merging merging) {
  switch (merging) {
    case Merging::on:
      return schema::Merging::ON;
    case Merging::off:
      return schema::Merging::OFF;
    case Merging::paused:
      return schema::Merging::PAUSED;
    case Merging::stopped:
      break;
  }
  return schema::Merging::STOPPED;
}

RangeMerge read_merge(schema::RangeMerge::Reader message) {
  return {message.getId(),         wire::read_range(message.getRange()),
          message.getTablesDone(), message.getTables(),
          message.getBytesDone(),  message.getBytes()};
}

Stats read_stats(schema::Stats::Reader message) {
  Stats stats;
  stats.version = text(message.getVersion());
  stats.uptime_ms = message.getUptimeMs();
  for (auto shard : message.getShards()) stats.shards.push_back(read_shard(shard));
  stats.cache_size = message.getCacheSize();
  stats.memory = message.getCacheSizeMax();
  stats.memtables_size = message.getMemtablesSize();
  stats.filters_size = message.getFiltersSize();
  stats.index_size = message.getIndexSize();
  stats.cache_hits = message.getCacheHits();
  stats.cache_misses = message.getCacheMisses();
  stats.connections = message.getConnections();
  stats.merging = read_merging(message.getMerging());
  for (auto merge : message.getMerges()) stats.merges.push_back(read_merge(merge));
  return stats;
}

VerifyReport read_report(schema::VerifyReport::Reader message) {
  VerifyReport report{message.getTables(), message.getBlocks(), message.getEntries(), message.getBytes(), {}};
  for (auto problem : message.getProblems()) report.problems.push_back(text(problem));
  return report;
}

}  // namespace coppice::client
