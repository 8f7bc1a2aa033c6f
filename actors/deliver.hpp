// How a handler hands CAF the answer that one of our `done` calls gets.
#pragma once

#include <caf/actor_cast.hpp>
#include <caf/actor_control_block.hpp>
#include <caf/response_promise.hpp>
#include <caf/typed_response_promise.hpp>

#include "actors/error.hpp"
#include "actors/write_request.hpp"

namespace coppice::actors {

/// A `done` that answers the request being handled. Requires: called on the actor's own turn.
template <class T, class Self>
Done<T> deliver_to(Self* self, caf::typed_response_promise<T>& reply) {
  reply = self->template make_response_promise<T>();
  return [reply](Result<T> answer) mutable {
    if (answer.ok()) {
      reply.deliver(std::move(answer).value());
    } else {
      reply.deliver(to_caf(answer.error()));
    }
  };
}

/// The same, for a `done` that may be called on any thread, after the actor has ended too.
template <class T, class Self>
Done<T> deliver_anywhere(Self* self, caf::response_promise& reply) {
  reply = self->make_response_promise();
  const caf::strong_actor_ptr to = reply.next();
  const caf::message_id id = reply.id().response_id();
  return [to, id](Result<T> answer) {
    if (to == nullptr) return;
    caf::message content = answer.ok() ? caf::make_message(std::move(answer).value())
                                       : caf::make_message(to_caf(answer.error()));
    to->enqueue(nullptr, id, std::move(content), nullptr);
  };
}

}  // namespace coppice::actors
