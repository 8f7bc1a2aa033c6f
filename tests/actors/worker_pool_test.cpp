#include "actors/worker_pool.hpp"

#include <atomic>
#include <future>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <gtest/gtest.h>

namespace coppice::actors {
namespace {

class WorkerPoolTest : public testing::Test {
protected:
  void spawn(uint32_t threads, size_t tasks_max) {
    pool = system.spawn(worker_pool, PoolOptions{"tester", threads, tasks_max, true});
  }
  /// Waits for every task.
  void close() {
    caf::anon_send(pool, atom::close_v);
    pool = PoolActor();
    system.await_all_actors_done();
  }
  void run(std::function<void()> task) {
    caf::anon_send(pool, atom::run_v, Task{std::move(task), [this](const Error& error) {
                                             EXPECT_EQ(error.code, Errc::unavailable);
                                             EXPECT_GT(error.retry_after_ms, 0u);
                                             refused.set_value();
                                           }});
  }

  caf::actor_system_config config;
  caf::actor_system system{config};
  PoolActor pool;
  std::promise<void> refused;
};

TEST_F(WorkerPoolTest, TasksRunBesideEachOther) {
  spawn(2, 10);
  std::promise<void> first;
  std::promise<void> second;
  // Each waits for the other: one thread alone would never end.
  run([&] {
    first.set_value();
    second.get_future().wait();
  });
  run([&] {
    first.get_future().wait();
    second.set_value();
  });
  close();
}

TEST(WorkerPoolDeathTest, AnExceptionEndsTheProcess) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  const auto throw_in_a_task = [] {
    caf::actor_system_config config;
    caf::actor_system system{config};
    caf::anon_send(system.spawn(worker_pool, PoolOptions{"tester", 1, 1, true}), atom::run_v,
                   Task{[] { throw std::bad_alloc(); }, nullptr});
    system.await_all_actors_done();
  };
  EXPECT_DEATH(throw_in_a_task(), "an exception in a store, whose process ends: std::bad_alloc");
}

TEST_F(WorkerPoolTest, ATaskTooManyIsRefused) {
  spawn(1, 1);
  std::promise<void> go_on;
  std::promise<void> began;
  std::atomic<int> ran{0};
  run([&] {
    began.set_value();
    go_on.get_future().wait();
    ++ran;
  });
  began.get_future().wait();
  run([&] { ++ran; });
  run([&] { ADD_FAILURE() << "there was no room for this one"; });
  refused.get_future().wait();
  go_on.set_value();
  close();
  EXPECT_EQ(ran.load(), 2);
}

TEST_F(WorkerPoolTest, ItEndsAfterEveryTaskThatCameBefore) {
  spawn(2, 1000);
  std::atomic<int> ran{0};
  for (int i = 0; i < 100; ++i) run([&] { ++ran; });
  close();
  EXPECT_EQ(ran.load(), 100);
}

}  // namespace
}  // namespace coppice::actors
