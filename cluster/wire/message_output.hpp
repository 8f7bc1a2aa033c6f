// Messages to a byte stream: all that is written in one turn of the event loop goes out in one write.
#pragma once

#include <kj/async-io.h>
#include <kj/function.h>
#include <kj/vector.h>

#include "cluster/wire/framing.hpp"

namespace coppice::wire {

/// One write() at a time, as the RPC system does. Threads: that of the event loop.
class MessageOutput {
public:
  /// Of what is buffered before writers wait.
  static constexpr size_t kBufferedSizeMax = 256 << 10;

  /// `failed` is called when a write of buffered bytes fails, of which no writer may hear.
  /// Lifetime: `stream` outlives this.
  MessageOutput(kj::AsyncOutputStream& stream, kj::Function<void(const kj::Exception&)> failed);
  KJ_DISALLOW_COPY(MessageOutput);

  /// Done as soon as the message is buffered; when the buffer is full, or the message large, when all is with
  /// the kernel. After one failure every write fails with the same error.
  /// Lifetime: `segments` stay until it is done.
  kj::Promise<void> write(Segments segments);

  /// The peer does not take what is written as fast as it is written.
  bool full() const { return writing_large_ || gathering_.size() >= kBufferedSizeMax; }

  /// When nothing waits to be written.
  kj::Promise<void> when_idle();

private:
  kj::Promise<void> write_large(Segments segments);
  kj::Promise<void> flush();
  void release_waiters();
  void fail(const kj::Exception& error);

  kj::AsyncOutputStream& stream_;
  kj::Function<void(const kj::Exception&)> failed_;
  kj::Vector<kj::byte> gathering_;
  kj::Vector<kj::byte> sending_;
  bool flushing_ = false;
  bool writing_large_ = false;
  /// Set while a large message waits for the flush under way.
  kj::Own<kj::PromiseFulfiller<void>> large_turn_;
  kj::Maybe<kj::Exception> broken_;
  kj::Vector<kj::Own<kj::PromiseFulfiller<void>>> waiters_;
  kj::Promise<void> flush_task_ = nullptr;
};

}  // namespace coppice::wire
