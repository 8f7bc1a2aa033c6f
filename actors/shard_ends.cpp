// How a shard ends: cut in two, closed, or failed.
#include "actors/answer_call.hpp"
#include "actors/shard.hpp"

namespace coppice::actors {

// Splits.

void Shard::cut(Cut plan, Done<std::shared_ptr<WriteList>> done) {
  if (!serves()) return done(not_serving());
  if (unsettled_ > 0)
    return done(Error{Errc::unavailable,
                      "shard " + std::to_string(port_->id) +
                          " keeps the only record of a batch for a shard that does not serve: restore that "
                          "shard first, then split",
                      1000});
  COPPICE_CHECK(!cut_plan_);
  cut_plan_ = std::move(plan);
  cut_call_ = std::move(done);
  care_.stop_merging();
  when_free_.push_back([this](const Status& free) {
    if (!free.ok()) return;
    care_.flush([this](Result<Nothing> flushed) {
      if (flushed.ok() || mode_ == Mode::failed) return;
      cut_plan_.reset();
      care_.go_on_merging();
      answer_call(cut_call_, std::move(flushed).error());
    });
  });
  proceed();
}

bool Shard::step_cut() {
  if (!care_.jobs_home() || !tree_->memtables_empty()) return false;
  lend([this] { return tree_->split(cut_plan_->key, cut_plan_->left, cut_plan_->right); },
       [this](Status outcome) {
         cut_plan_.reset();
         if (outcome.ok()) {
           mode_ = Mode::cut;
           care_.stop(not_serving());
           refuse_when_free(not_serving());
           return answer_call(cut_call_, std::make_shared<WriteList>(std::exchange(waiting_, {})));
         }
         if (tree_->broken()) return fail(outcome.error());
         care_.go_on_merging();
         answer_call(cut_call_, std::move(outcome).error());
       });
  return false;
}

// Ends.

void Shard::close(WriteList leftover, Done<Nothing> done) {
  if (mode_ != Mode::serving && mode_ != Mode::cut && mode_ != Mode::opened) {
    // Failed on its way: the tree keeps what it had acknowledged.
    while (auto request = leftover.pop_front()) answer(std::move(request), not_serving());
    return done(not_serving());
  }
  mode_ = Mode::closing;
  close_call_ = std::move(done);
  waiting_.append(port_->queue.drain());
  waiting_.append(std::move(leftover));
  care_.stop({Errc::cancelled, "the store is closing"});
  proceed();
}

bool Shard::step_close() {
  if (!waiting_.empty() || !care_.jobs_home()) return false;
  lend([this] { return tree_->close(); },
       [this](Status closed) {
         mode_ = Mode::ended;
         if (closed.ok()) {
           answer_call(close_call_, Nothing{});
         } else {
           answer_call(close_call_, std::move(closed).error());
         }
         host_.ended();
       });
  return false;
}

void Shard::fail(const Error& error) {
  if (mode_ == Mode::failed || mode_ == Mode::ended) return;
  mode_ = Mode::failed;
  failure_ = error;
  host_.failed(error);
  care_.stop(error);
  care_.forget_returned();
  answer_all(error);
  end_failed();
}

void Shard::answer_all(const Error& error) {
  Error unknown = error;
  unknown.text += "; this write may or may not be kept";
  for (auto& request : std::exchange(group_, {})) answer(std::move(request), unknown);
  refuse_waiting(
      Error{Errc::unavailable, not_serving().text + "; nothing of this write was kept", kRetryAfterMs});
  refuse_when_free(error);
  answer_call(hold_call_, error);
  answer_call(spanning_call_, error);
  answer_call(cut_call_, error);
  answer_call(checkpoint_call_, error);
  answer_call(close_call_, error);
}

void Shard::refuse_when_free(const Error& error) {
  for (const WhenFree& call : std::exchange(when_free_, {})) call(error);
}

void Shard::end_failed() {
  if (mode_ != Mode::failed || then_ || !care_.jobs_home()) return;
  mode_ = Mode::ended;
  host_.ended();
}

}  // namespace coppice::actors
