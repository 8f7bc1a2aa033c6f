// Answers a call that was kept for later, once.
#pragma once

#include <utility>

#include "actors/store.hpp"

namespace coppice::actors {

/// Calls `done`, if there is one, and leaves it empty.
template <class T, class Answer>
void answer_call(Done<T>& done, Answer&& answer) {
  if (!done) return;
  const Done<T> call = std::exchange(done, nullptr);
  call(std::forward<Answer>(answer));
}

}  // namespace coppice::actors
