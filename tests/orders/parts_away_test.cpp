// Threads that run the parts of a job, and who cancels it, in every order in which their steps can follow one another.
#include "actors/parts_away.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "tests/orders/interleavings.hpp"

namespace coppice::actors {
namespace {

using engine::Explored;
using engine::Interleavings;
using engine::Watched;

struct Orders {
  template <class U>
  using Atomic = Explored<U>;
};

struct Job {
  void run() {
    const std::optional<size_t> part = parts.begin();
    if (!part) return;
    outcomes[*part].write();
    if (parts.came_back()) home();
  }
  void cancel() {
    if (parts.give_back()) home();
  }
  void home() {
    if (++times_home > 1) Interleavings::fail("the job came home twice");
    for (Watched& outcome : outcomes) outcome.read();
  }

  static constexpr size_t kParts = 3;
  PartsAway<Orders> parts{kParts};
  std::vector<Watched> outcomes = {Watched("part 0"), Watched("part 1"), Watched("part 2")};
  size_t times_home = 0;
};

Interleavings::Outcome explore_job(bool is_cancelled) {
  return Interleavings::explore(
      [is_cancelled] {
        const auto job = std::make_shared<Job>();
        Interleavings::Scene all;
        for (size_t part = 0; part < Job::kParts; ++part) all.threads.push_back([job] { job->run(); });
        if (is_cancelled) all.threads.push_back([job] { job->cancel(); });
        all.end = [job] {
          if (job->times_home != 1) Interleavings::fail("the job did not come home");
        };
        return all;
      },
      {});
}

TEST(PartsAwayOrdersTest, AJobComesHomeOnceWithWhatAllPartsDid) {
  EXPECT_EQ(explore_job(false).failure, "");
  const auto outcome = explore_job(true);
  EXPECT_EQ(outcome.failure, "");
  EXPECT_GT(outcome.orders, 500u);
  RecordProperty("orders", static_cast<int>(outcome.orders));
}

}  // namespace
}  // namespace coppice::actors
