// Cap'n Proto messages over a byte stream, both ways: what client and server give to the RPC system.
#pragma once

#include <capnp/serialize-async.h>

#include "cluster/wire/message_input.hpp"
#include "cluster/wire/message_output.hpp"

namespace coppice::wire {

struct MessageStreamOptions {
  InputLimits limits;
  /// Reads no further message while the peer does not take what was written to it. For one side of a
  /// connection only, or both may wait for each other.
  bool reads_wait_for_writes = false;
};

/// The framing that capnp's own stream speaks, with fewer calls into the kernel and bounds on the peer: see
/// MessageInput and MessageOutput. File descriptors are neither sent nor taken.
/// Threads: that of the event loop.
class MessageStream final : public capnp::MessageStream {
public:
  /// Lifetime: `stream` outlives this.
  explicit MessageStream(kj::AsyncIoStream& stream, const MessageStreamOptions& options = {});
  KJ_DISALLOW_COPY(MessageStream);

  using capnp::MessageStream::tryReadMessage;
  using capnp::MessageStream::writeMessage;
  using capnp::MessageStream::writeMessages;

  kj::Promise<kj::Maybe<capnp::MessageReaderAndFds>> tryReadMessage(
      kj::ArrayPtr<kj::AutoCloseFd> fd_space, capnp::ReaderOptions options,
      kj::ArrayPtr<capnp::word> scratch_space) override;
  kj::Promise<void> writeMessage(kj::ArrayPtr<const int> fds, Segments segments) override;
  kj::Promise<void> writeMessages(kj::ArrayPtr<Segments> messages) override;
  kj::Maybe<int> getSendBufferSize() override;
  /// Writes what is buffered, then ends the stream's write side.
  kj::Promise<void> end() override;

  /// Reads nothing more: the RPC system sees the end of the stream, sends what it has, and closes.
  void finish_reading() { input_.finish(); }

private:
  kj::AsyncIoStream& stream_;
  MessageInput input_;
  MessageOutput output_;
  const bool reads_wait_for_writes_;
};

}  // namespace coppice::wire
