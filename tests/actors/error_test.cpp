#include "actors/error.hpp"

#include <caf/sec.hpp>
#include <gtest/gtest.h>

namespace coppice::actors {
namespace {

TEST(ErrorTest, ComesBackFromCafAsItWas) {
  const Error back = from_caf(to_caf(Error{Errc::unavailable, "shard 7: its queue is full", 50}));
  EXPECT_EQ(back.code, Errc::unavailable);
  EXPECT_EQ(back.text, "shard 7: its queue is full");
  EXPECT_EQ(back.retry_after_ms, 50u);
}

TEST(ErrorTest, AnErrorOfCafsOwnSaysThatAnActorEnded) {
  EXPECT_EQ(from_caf(caf::make_error(caf::sec::request_receiver_down)).code, Errc::cancelled);
}

}  // namespace
}  // namespace coppice::actors
