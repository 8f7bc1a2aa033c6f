// Messages from a byte stream: one read may bring many of them.
#pragma once

#include <kj/async-io.h>
#include <kj/timer.h>

#include "cluster/wire/framing.hpp"

namespace coppice::wire {

struct InputLimits {
  /// Nothing: no time limits, for a side that trusts the other. Lifetime: outlives the input.
  kj::Timer* timer = nullptr;
  /// From the beginning to the end of the first message.
  kj::Duration first_message_time_max = 10 * kj::SECONDS;
  /// From a message's first byte to its last; a large one gets a second more for each 256 KiB.
  kj::Duration message_time_max = 10 * kj::SECONDS;
};

/// One read at a time. Threads: that of the event loop.
class MessageInput {
public:
  /// Lifetime: `stream` outlives this.
  MessageInput(kj::AsyncInputStream& stream, const InputLimits& limits);
  KJ_DISALLOW_COPY(MessageInput);

  /// The next message, or nothing at an end between two.
  ///
  /// Fails with FAILED "invalid_argument: ..." for a head past the limits of framing.hpp, before anything is
  /// allocated for it; with OVERLOADED "unavailable: ..." when a time limit passes; with DISCONNECTED when
  /// the stream ends inside a message. Nothing can be read after a failure.
  kj::Promise<Message> read(capnp::ReaderOptions options);

  /// Fails the read under way.
  void cancel(const kj::Exception& reason);

  /// From here on the stream has ended, as far as this side is concerned.
  void finish();

private:
  kj::Promise<Message> read_next(const capnp::ReaderOptions& options);
  kj::Promise<Message> read_large(const Sizes& sizes, const capnp::ReaderOptions& options);
  kj::Promise<bool> fill(size_t size);
  kj::Promise<size_t> within_time(kj::Promise<size_t> read);
  void begin_message();
  kj::ArrayPtr<const kj::byte> buffered() const { return buffer_.slice(begin_, end_); }

  kj::AsyncInputStream& stream_;
  const InputLimits limits_;
  kj::Array<kj::byte> buffer_;
  size_t begin_ = 0;
  size_t end_ = 0;
  /// Until when the message being read must be whole; nothing: between two messages.
  kj::Maybe<kj::TimePoint> deadline_;
  kj::Canceler reading_;
  bool finished_ = false;
};

}  // namespace coppice::wire
