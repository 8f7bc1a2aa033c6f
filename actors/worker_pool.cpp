#include "actors/worker_pool.hpp"

#include <caf/send.hpp>
#include <caf/spawn_options.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <pthread.h>

#include "actors/exceptions.hpp"

namespace coppice::actors {
namespace {

using Self = PoolActor::stateful_pointer<PoolState>;

/// Gives the oldest tasks to idle workers; ends once none is left and it was asked to.
void hand_out(Self self) {
  PoolState& state = self->state;
  size_t idle_count = 0;
  for (size_t i = 0; i < state.workers.size(); ++i) {
    PoolState::Worker& worker = state.workers[i];
    if (!worker.idle) continue;
    if (state.tasks.empty()) {
      ++idle_count;
      continue;
    }
    worker.idle = false;
    Task task = std::move(state.tasks.front());
    state.tasks.pop_front();
    auto run = [run = std::move(task.run), pool = PoolActor(self), i] {
      run();
      caf::anon_send(pool, atom::idle_v, uint64_t{i});
    };
    self->send(worker.actor, atom::run_v, Task{std::move(run), nullptr});
  }
  if (!state.closing || idle_count < state.workers.size()) return;
  for (const PoolState::Worker& worker : state.workers) self->send(worker.actor, atom::close_v);
  self->quit();
}

}  // namespace

WorkerActor::behavior_type worker(WorkerActor::pointer self, const std::string& thread_name) {
  end_with_exceptions(*self);
  return {
      [named = thread_name.empty(), thread_name](atom::run, const Task& task) mutable {
        if (!std::exchange(named, true)) ::pthread_setname_np(::pthread_self(), thread_name.c_str());
        task.run();
      },
      [self](atom::close) { self->quit(); },
  };
}

PoolActor::behavior_type worker_pool(Self self, PoolOptions options) {
  end_with_exceptions(*self);
  for (uint32_t i = 0; i < options.threads; ++i) {
    WorkerActor actor = options.detached ? self->spawn<caf::detached>(worker, options.name)
                                         : self->spawn(worker, std::string());
    self->state.workers.push_back({std::move(actor)});
  }
  self->state.options = std::move(options);
  return {
      [self](atom::run, Task& task) {
        PoolState& state = self->state;
        if (state.tasks.size() >= state.options.tasks_max) {
          constexpr uint32_t kRetryAfterMs = 20;
          return task.refuse({Errc::unavailable,
                              "all " + state.options.name + " threads are busy and " +
                                  std::to_string(state.tasks.size()) + " calls wait: wait and try again",
                              kRetryAfterMs});
        }
        state.tasks.push_back(std::move(task));
        hand_out(self);
      },
      [self](atom::idle, uint64_t index) {
        self->state.workers[index].idle = true;
        hand_out(self);
      },
      [self](atom::close) {
        self->state.closing = true;
        hand_out(self);
      },
  };
}

}  // namespace coppice::actors
