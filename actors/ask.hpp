// Requests to other actors as calls with a `done`.
#pragma once

#include <memory>
#include <vector>

#include <caf/typed_event_based_actor.hpp>

#include "actors/error.hpp"
#include "actors/write_request.hpp"

namespace coppice::actors {

/// Sends a request; `done` gets the answer on the asking actor's own turn.
template <class T, class Self, class Actor, class... Args>
void ask(Self self, const Actor& actor, Done<T> done, Args... args) {
  self->request(actor, caf::infinite, std::move(args)...)
      .then([done](T& answer) { done(std::move(answer)); },
            [done](const caf::error& error) { done(from_caf(error)); });
}

/// Gathers `count` answers and hands them on together, in the order of their places.
template <class T>
class Gather {
public:
  using All = std::function<void(std::vector<Result<T>>)>;

  /// Requires: count > 0.
  Gather(size_t count, All all)
      : state_(std::make_shared<State>(
            State{count, std::vector<Result<T>>(count, Error{Errc::cancelled, ""}), std::move(all)})) {}

  /// The `done` of one place; to be called once.
  Done<T> at(size_t place) const {
    return [state = state_, place](Result<T> answer) {
      state->answers[place] = std::move(answer);
      if (--state->missing == 0) state->all(std::move(state->answers));
    };
  }

private:
  struct State {
    size_t missing;
    std::vector<Result<T>> answers;
    All all;
  };
  std::shared_ptr<State> state_;
};

/// The first failure among answers, or success.
template <class T>
Status first_failure(const std::vector<Result<T>>& answers) {
  for (const Result<T>& answer : answers)
    if (!answer.ok()) return answer.error();
  return success();
}

}  // namespace coppice::actors
