// A shard takes in tables that were built outside: while the router keeps its turn, so that several do it at one moment.
#include <algorithm>

#include "actors/answer_call.hpp"
#include "actors/shard.hpp"

namespace coppice::actors {
namespace {

bool lies_above(const engine::Storage& tree, const OutsideTables& tables) {
  return std::ranges::any_of(
      tables, [&](const engine::OutsideTable& table) { return tree.must_flush(table.meta.bounds); });
}

}  // namespace

void Shard::flush_below(const OutsideTablesPtr& tables, Done<Nothing> done) {
  if (!serves()) return done(not_serving());
  when_free_.push_back([this, tables, done = std::move(done)](const Status& free) {
    if (!free.ok()) return done(free.error());
    if (!lies_above(*tree_, *tables)) return done(Nothing{});
    care_.flush(done);
  });
  proceed();
}

void Shard::hold(OutsideTablesPtr tables, Done<Nothing> done) {
  if (!serves()) return done(not_serving());
  COPPICE_CHECK(!hold_call_);
  COPPICE_CHECK(!held_);
  hold_call_ = std::move(done);
  hold_tables_ = std::move(tables);
  proceed();
}

void Shard::refuse_hold(const Error& error) {
  hold_tables_.reset();
  answer_call(hold_call_, error);
}

/// No group begins meanwhile, so what is flushed once stays all.
bool Shard::step_hold_tables() {
  if (lies_above(*tree_, *hold_tables_)) {
    if (std::exchange(flushing_below_, true)) return false;
    care_.flush([this, tables = hold_tables_](const Result<Nothing>& flushed) {
      flushing_below_ = false;
      // It may have been refused meanwhile, and another hold have come.
      if (!flushed.ok() && hold_tables_ == tables) refuse_hold(flushed.error());
    });
    return true;
  }
  auto prepared = std::make_shared<std::unique_ptr<engine::Ingest>>();
  lend(
      [this, prepared, tables = std::exchange(hold_tables_, nullptr)]() -> Status {
        COPPICE_TRY_ASSIGN(ingest, tree_->prepare_ingest(*tables));
        *prepared = std::move(ingest);
        return success();
      },
      [this, prepared](const Status& outcome) {
        if (!outcome.ok()) return refuse_hold(outcome.error());
        held_ = true;
        held_at_ = host_.now();
        ingest_ = std::move(*prepared);
        answer_call(hold_call_, Nothing{});
      });
  return false;
}

void Shard::ingest(Timestamp commit, Done<Nothing> done) {
  if (!serves()) return done(not_serving());
  COPPICE_CHECK(held_);
  COPPICE_CHECK(ingest_ != nullptr);
  spanning_call_ = std::move(done);
  auto ingest = std::make_shared<std::unique_ptr<engine::Ingest>>(std::move(ingest_));
  lend([this, commit, ingest] { return tree_->install_ingest(std::move(*ingest), commit); },
       [this](const Status& installed) {
         if (!installed.ok()) return fail(installed.error());
         care_.tables_came();
         answer_call(spanning_call_, Nothing{});
       });
}

}  // namespace coppice::actors
