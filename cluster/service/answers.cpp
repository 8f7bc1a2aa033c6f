#include "cluster/service/answers.hpp"

#include <algorithm>

#include "cluster/wire/convert.hpp"

namespace coppice::cluster {
namespace {

using capnp::uint;
using wire::as_data;
using wire::words_for;

schema::Stats::State state_of(actors::ShardStats::State state) {
  switch (state) {
    case actors::ShardStats::State::serving:
      return schema::Stats::State::SERVING;
    case actors::ShardStats::State::recovering:
      return schema::Stats::State::RECOVERING;
    case actors::ShardStats::State::failed:
      break;
  }
  return schema::Stats::State::FAILED;
}

schema::Merging merging_of(engine::Merging merging) {
  switch (merging) {
    case engine::Merging::on:
      return schema::Merging::ON;
    case engine::Merging::off:
      return schema::Merging::OFF;
    case engine::Merging::paused:
      return schema::Merging::PAUSED;
    case engine::Merging::stopped:
      break;
  }
  return schema::Merging::STOPPED;
}

void set_shard(schema::Stats::Shard::Builder message, const actors::ShardStats& shard) {
  message.setId(shard.id);
  wire::set_range(message.initRange(), shard.range);
  message.setState(state_of(shard.state));
  message.setProblem(kj::StringPtr(shard.problem.c_str()));
  message.setMemtableSize(shard.tree.memtable_size);
  message.setLogSize(shard.tree.log_size);
  auto levels = message.initLevels(static_cast<uint>(shard.tree.levels.size()));
  for (size_t i = 0; i < shard.tree.levels.size(); ++i) {
    auto level = levels[static_cast<uint>(i)];
    level.setTables(shard.tree.levels[i].tables);
    level.setSize(shard.tree.levels[i].size);
    level.setEntries(shard.tree.levels[i].entries);
  }
  message.setWrites(shard.writes);
  message.setGroups(shard.groups);
  message.setSyncs(shard.syncs);
  message.setFlushes(shard.tree.flushes);
  message.setMerges(shard.tree.merges);
  message.setSnapshots(shard.snapshots);
  message.setVisible(shard.visible.raw);
  uint64_t merged = 0;
  for (const engine::LevelStats& level : shard.tree.levels) merged += level.bytes_merged;
  message.setBytesFlushed(shard.tree.bytes_flushed);
  message.setBytesMerged(merged);
  message.setPendingMergeSize(shard.tree.pending_merge_size);
  message.setLevel0Depth(shard.tree.level0_depth);
  auto keys = message.initFilesByKey(static_cast<uint>(shard.tree.files_by_key.size()));
  uint key_index = 0;
  for (const auto& [key_id, files] : shard.tree.files_by_key) {
    keys[key_index].setKeyId(key_id);
    keys[key_index++].setFiles(files);
  }
  message.setDebtPercent(static_cast<uint32_t>(std::min(1.0, shard.tree.debt) * 100));
  message.setStalledMs(shard.stalled_us / 1000);
}

}  // namespace

void set_value(schema::Value::Builder message, const std::optional<Bytes>& value) {
  if (value) {
    message.setPresent(as_data(*value));
  } else {
    message.setAbsent();
  }
}

Result<uint64_t> answer_words(const std::vector<std::optional<Bytes>>& values) {
  uint64_t words = 8;
  for (const auto& value : values) words += 2 + (value ? words_for(value->size()) : 0);
  if (words * 8 > actors::kAnswerSizeMax)
    return Error{Errc::invalid_argument, "the answer has " + std::to_string(words * 8) +
                                             " bytes and may have 64 MiB: ask for fewer keys at a time"};
  return words;
}

capnp::MessageSize page_size(const actors::Page& page) {
  // Two pointers an entry, and what rounding up to words may add to each.
  return {words_for(page.size()) + 4 * page.count() + 8, 0};
}

void set_entries(capnp::List<schema::Entry>::Builder entries, const actors::Page& page) {
  for (size_t i = 0; i < page.count(); ++i) {
    auto entry = entries[static_cast<uint>(i)];
    entry.setKey(as_data(page.key(i)));
    if (const ByteView value = page.value(i); !value.empty()) entry.setValue(as_data(value));
  }
}

void set_merge(schema::RangeMerge::Builder message, const actors::RangeMerge& merge) {
  const actors::MergeProgress progress = merge.progress();
  message.setId(merge.id);
  wire::set_range(message.initRange(), merge.range);
  message.setTablesDone(progress.tables_done);
  message.setTables(progress.tables);
  message.setBytesDone(progress.bytes_done);
  message.setBytes(progress.bytes);
}

void set_stats(schema::Stats::Builder message, const actors::StoreStats& stats) {
  auto shards = message.initShards(static_cast<uint>(stats.shards.size()));
  for (size_t i = 0; i < stats.shards.size(); ++i) set_shard(shards[static_cast<uint>(i)], stats.shards[i]);
  message.setCacheSize(stats.cache_size);
  message.setCacheSizeMax(stats.memory);
  message.setMemtablesSize(stats.memtables_size);
  message.setFiltersSize(stats.filters_size);
  message.setIndexSize(stats.index_size);
  message.setCacheHits(stats.cache_hits);
  message.setCacheMisses(stats.cache_misses);
  message.setMerging(merging_of(stats.merging));
  auto merges = message.initMerges(static_cast<uint>(stats.merges.size()));
  for (size_t i = 0; i < stats.merges.size(); ++i) set_merge(merges[static_cast<uint>(i)], *stats.merges[i]);
}

void set_report(schema::VerifyReport::Builder message, const engine::VerifyReport& report) {
  message.setTables(report.tables);
  message.setBlocks(report.blocks);
  message.setEntries(report.entries);
  message.setBytes(report.bytes);
  auto problems = message.initProblems(static_cast<uint>(report.problems.size()));
  for (size_t i = 0; i < report.problems.size(); ++i)
    problems.set(static_cast<uint>(i), kj::StringPtr(report.problems[i].c_str()));
}

}  // namespace coppice::cluster
