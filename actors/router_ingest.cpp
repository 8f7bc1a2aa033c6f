// Ingesting: hold every shard that the files overlap, take a moment, and have each take in its part.
#include <algorithm>

#include <caf/stateful_actor.hpp>

#include "actors/router.hpp"

namespace coppice::actors {

/// One call, in its turn.
struct Router::Ingesting {
  StagedFilesPtr files;
  Done<Ingested> done;
  std::vector<uint64_t> shards;
  std::vector<ShardActor> actors;
  Timestamp commit;
};

namespace {

/// What of the files a shard has a part in.
OutsideTablesPtr tables_in(const StagedFiles& files, const KeyRange& range) {
  auto tables = std::make_shared<OutsideTables>();
  std::ranges::copy_if(files.tables, std::back_inserter(*tables),
                       [&](const engine::OutsideTable& table) { return table.meta.bounds.overlaps(range); });
  return tables;
}

}  // namespace

void Router::ingest(const StagedFilesPtr& files, Done<Ingested> done) {
  if (closing_) return done(Door::closed());
  // The long flushes while all goes on; the turn then finds little left to flush.
  const auto go_on = [this, files, done](const std::vector<Result<Nothing>>& flushed) {
    for (const Result<Nothing>& one : flushed)
      if (!one.ok() && one.error().code != Errc::moved) return done(one.error());
    if (closing_) return done(Door::closed());
    take_turn([this, files, done] { begin_ingest(files, done); });
  };
  const auto members = roster_.find_overlapping({});
  if (members.empty()) return done(Door::closed());
  const Gather<Nothing> gather(members.size(), go_on);
  for (size_t i = 0; i < members.size(); ++i) {
    const OutsideTablesPtr tables = tables_in(*files, members[i]->range);
    if (tables->empty()) {
      gather.at(i)(Nothing{});
    } else if (members[i]->port == nullptr) {
      gather.at(i)(members[i]->problem);
    } else {
      ask_shard(members[i]->actor, gather.at(i), atom::flush_v, tables);
    }
  }
}

void Router::begin_ingest(const StagedFilesPtr& files, const Done<Ingested>& done) {
  const auto call = std::make_shared<Ingesting>(Ingesting{files, done, {}, {}, {}});
  std::vector<OutsideTablesPtr> parts;
  for (const ShardRoster::Member* member : roster_.find_overlapping({})) {
    OutsideTablesPtr tables = tables_in(*files, member->range);
    if (tables->empty()) continue;
    if (member->port == nullptr) return end_ingest(call, member->problem);
    call->shards.push_back(member->id);
    call->actors.push_back(member->actor);
    parts.push_back(std::move(tables));
  }
  const Gather<Nothing> gather(parts.size(), [this, call](const std::vector<Result<Nothing>>& held) {
    const Status outcome = check_held(call->shards, call->actors, held);
    if (outcome.ok()) return ingest_held(call);
    for (size_t i = 0; i < held.size(); ++i)
      if (held[i].ok()) self_->send(call->actors[i], atom::let_go_v);
    end_ingest(call, outcome);
  });
  for (size_t i = 0; i < parts.size(); ++i) ask_shard(call->actors[i], gather.at(i), atom::hold_v, parts[i]);
}

void Router::ingest_held(const std::shared_ptr<Ingesting>& call) {
  // Every one of them stands still: later than all they committed, earlier than all they will.
  call->commit = core_->clock.now();
  const Gather<Nothing> gather(call->actors.size(), [this, call](const std::vector<Result<Nothing>>& taken) {
    // Not before all have it: a snapshot waits for held shards, and so sees all or nothing.
    for (size_t i = 0; i < taken.size(); ++i)
      if (taken[i].ok()) self_->send(call->actors[i], atom::let_go_v);
    Status outcome = first_failure(taken);
    if (!outcome.ok())
      outcome =
          Error(outcome.error())
              .within("some shards may have their part of the files, and others not: ingest them again");
    end_ingest(call, outcome);
  });
  for (size_t i = 0; i < call->actors.size(); ++i)
    ask_shard(call->actors[i], gather.at(i), atom::ingest_v, call->commit);
}

void Router::end_ingest(const std::shared_ptr<Ingesting>& call, const Status& outcome) {
  if (outcome.ok()) {
    Ingested ingested{call->commit, call->files->tables.size(), 0, 0};
    for (const engine::OutsideTable& table : call->files->tables) {
      ingested.entries += table.meta.entry_count;
      ingested.bytes += table.meta.file_size;
    }
    call->done(ingested);
  } else {
    call->done(outcome.error());
  }
  end_turn();
}

}  // namespace coppice::actors
