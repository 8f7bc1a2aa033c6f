#include "cluster/wire/message_stream.hpp"

#include <sys/socket.h>

namespace coppice::wire {

MessageStream::MessageStream(kj::AsyncIoStream& stream, const MessageStreamOptions& options)
    : stream_(stream),
      input_(stream, options.limits),
      output_(stream, [this](const kj::Exception& error) { input_.cancel(error); }),
      reads_wait_for_writes_(options.reads_wait_for_writes) {}

kj::Promise<kj::Maybe<capnp::MessageReaderAndFds>> MessageStream::tryReadMessage(
    kj::ArrayPtr<kj::AutoCloseFd>, capnp::ReaderOptions options, kj::ArrayPtr<capnp::word>) {
  auto message = reads_wait_for_writes_ && output_.full()
                     ? output_.when_idle().then([this, options]() { return input_.read(options); })
                     : input_.read(options);
  return message.then([](Message&& read) -> kj::Maybe<capnp::MessageReaderAndFds> {
    KJ_IF_MAYBE (reader, read) {
      return capnp::MessageReaderAndFds{kj::mv(*reader), nullptr};
    }
    return nullptr;
  });
}

kj::Promise<void> MessageStream::writeMessage(kj::ArrayPtr<const int>, Segments segments) {
  return output_.write(segments);
}

kj::Promise<void> MessageStream::writeMessages(kj::ArrayPtr<Segments> messages) {
  if (messages.size() == 0) return kj::READY_NOW;
  auto first = output_.write(messages.front());
  return first.then(
      [this, rest = messages.slice(1, messages.size())]() mutable { return writeMessages(rest); });
}

kj::Maybe<int> MessageStream::getSendBufferSize() {
  int size = 0;
  kj::uint length = sizeof(size);
  // Streams that are no sockets have no such option, which KJ reports by an exception.
  auto failed =
      kj::runCatchingExceptions([&]() { stream_.getsockopt(SOL_SOCKET, SO_SNDBUF, &size, &length); });
  if (failed != nullptr || size <= 0) return nullptr;
  return size;
}

kj::Promise<void> MessageStream::end() {
  return output_.when_idle().then([this]() {
    // The peer may have closed already; then there is nothing left to end.
    auto gone = kj::runCatchingExceptions([&]() { stream_.shutdownWrite(); });
    (void)gone;
  });
}

}  // namespace coppice::wire
