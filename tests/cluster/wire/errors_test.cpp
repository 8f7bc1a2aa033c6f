#include "cluster/wire/errors.hpp"

#include <gtest/gtest.h>

namespace coppice::wire {
namespace {

using Type = kj::Exception::Type;

kj::Exception exception(Type type, const char* text) {
  return kj::Exception(type, "file", 1, kj::heapString(text));
}

/// As it arrives on the other side of a connection, or of two.
kj::Exception remote(const kj::Exception& thrown) {
  return exception(thrown.getType(), kj::str("remote exception: ", thrown.getDescription()).cStr());
}

TEST(RpcErrorTest, EveryCodeComesThroughTheWire) {
  for (int code = 1; code <= static_cast<int>(Errc::would_block); ++code) {
    const Error sent{static_cast<Errc>(code), "shard 3: it is: so"};
    const Error came = from_exception(remote(remote(to_exception(sent))), "node:1");
    EXPECT_EQ(came.code, sent.code);
    EXPECT_EQ(came.text, sent.text);
    EXPECT_EQ(came.retry_after_ms, 0u);
  }
}

TEST(RpcErrorTest, TypesSayWhatACallerDoes) {
  EXPECT_EQ(to_exception({Errc::unavailable, ""}).getType(), Type::OVERLOADED);
  EXPECT_EQ(to_exception({Errc::unsupported, ""}).getType(), Type::UNIMPLEMENTED);
  EXPECT_EQ(to_exception({Errc::corruption, ""}).getType(), Type::FAILED);
}

TEST(RpcErrorTest, TheTimeToWaitComesThroughTheWire) {
  const kj::Exception thrown = to_exception({Errc::unavailable, "the queue is full", 250});
  EXPECT_EQ(thrown.getDescription(), "unavailable: the queue is full (try again in 250 ms)");
  const Error came = from_exception(remote(thrown), "node:1");
  EXPECT_EQ(came.text, "the queue is full");
  EXPECT_EQ(came.retry_after_ms, 250u);
}

TEST(RpcErrorTest, ABrokenConnectionNamesThePeer) {
  const Error error = from_exception(exception(Type::DISCONNECTED, "reset"), "node:1");
  EXPECT_EQ(error.code, Errc::io_error);
  EXPECT_EQ(error.text,
            "the connection to node:1 broke (reset): connect again; a write under way may or may not have "
            "been kept");
}

TEST(RpcErrorTest, AConnectionEndedForAReasonIsBroken) {
  const kj::Exception ended =
      exception(Type::DISCONNECTED, "remote exception: unavailable: too many connections");
  EXPECT_EQ(from_exception(ended, "node:1").code, Errc::io_error);
  EXPECT_EQ(to_string(*find_error(ended)), "unavailable: too many connections");
}

TEST(RpcErrorTest, AForeignTextIsNotTakenForACode) {
  EXPECT_EQ(from_exception(exception(Type::FAILED, "oops: broken"), "n").code, Errc::io_error);
  EXPECT_EQ(from_exception(exception(Type::UNIMPLEMENTED, "no method"), "n").code, Errc::unsupported);
  EXPECT_EQ(from_exception(exception(Type::OVERLOADED, ""), "n").code, Errc::unavailable);
}

}  // namespace
}  // namespace coppice::wire
