#include "cluster/wire/message_input.hpp"

#include <cstring>

#include "cluster/wire/errors.hpp"

namespace coppice::wire {
namespace {

constexpr size_t kBufferSize = 64 << 10;
constexpr size_t kSizePerSecond = 256 << 10;

kj::Exception ended_inside() {
  return kj::Exception(kj::Exception::Type::DISCONNECTED, __FILE__, __LINE__,
                       kj::heapString("the stream ended inside a message"));
}

}  // namespace

MessageInput::MessageInput(kj::AsyncInputStream& stream, const InputLimits& limits)
    : stream_(stream), limits_(limits), buffer_(kj::heapArray<kj::byte>(kBufferSize)) {
  if (limits_.timer != nullptr) deadline_ = limits_.timer->now() + limits_.first_message_time_max;
}

kj::Promise<Message> MessageInput::read(capnp::ReaderOptions options) {
  if (finished_) return Message(nullptr);
  return read_next(options).catch_([this](kj::Exception&& error) -> kj::Promise<Message> {
    if (finished_) return Message(nullptr);
    return kj::mv(error);
  });
}

kj::Promise<Message> MessageInput::read_next(const capnp::ReaderOptions& options) {
  const auto bytes = buffered();
  const auto sizes = read_sizes(bytes);
  if (!sizes.ok()) return to_exception(sizes.error());
  if (sizes->message > buffer_.size()) return read_large(*sizes, options);

  if (sizes->message != 0 && bytes.size() >= sizes->message) {
    auto message = kj::heap<ReceivedMessage>(options, bytes);
    const auto body = bytes.slice(sizes->head, sizes->message);
    if (body.size() > 0) memcpy(message->body().begin(), body.begin(), body.size());
    begin_ += sizes->message;
    deadline_ = nullptr;
    return Message(kj::mv(message));
  }
  return fill(sizes->message != 0 ? sizes->message : sizes->head)
      .then([this, options](bool more) -> kj::Promise<Message> {
        if (!more) return Message(nullptr);
        return read_next(options);
      });
}

void MessageInput::finish() {
  finished_ = true;
  reading_.cancel("this side has ended");
}

void MessageInput::cancel(const kj::Exception& reason) { reading_.cancel(reason); }

/// Reads a message that does not fit the buffer straight to where it will stay. Requires: its head is
/// buffered.
kj::Promise<Message> MessageInput::read_large(const Sizes& sizes, const capnp::ReaderOptions& options) {
  auto message = kj::heap<ReceivedMessage>(options, buffered());
  const auto here = buffered().slice(sizes.head, end_ - begin_);
  if (here.size() > 0) memcpy(message->body().begin(), here.begin(), here.size());
  begin_ = end_ = 0;

  begin_message();
  KJ_IF_MAYBE (deadline, deadline_) {
    *deadline += sizes.message / kSizePerSecond * kj::SECONDS;
  }
  auto rest = message->body().slice(here.size(), message->body().size());
  return within_time(stream_.tryRead(rest.begin(), rest.size(), rest.size()))
      .then([this, rest, message = kj::mv(message)](size_t size) mutable -> kj::Promise<Message> {
        if (size < rest.size()) return ended_inside();
        deadline_ = nullptr;
        return Message(kj::mv(message));
      });
}

/// Reads until `size` bytes are buffered, or the first ones if none are; false at an end between two
/// messages. Requires: `size` is more than is buffered and no more than the buffer.
kj::Promise<bool> MessageInput::fill(size_t size) {
  const size_t kept = end_ - begin_;
  if (kept == 0 || begin_ + size > buffer_.size()) {
    memmove(buffer_.begin(), buffer_.begin() + begin_, kept);
    begin_ = 0;
    end_ = kept;
  }
  // Between two messages a peer may be silent for as long as it likes, so a first byte is waited for alone.
  if (kept > 0) begin_message();
  const size_t wanted = kept > 0 ? size - kept : 1;
  return within_time(stream_.tryRead(buffer_.begin() + end_, wanted, buffer_.size() - end_))
      .then([this, wanted, kept](size_t read) -> kj::Promise<bool> {
        end_ += read;
        if (read >= wanted) return true;
        if (kept + read > 0) return ended_inside();
        return false;
      });
}

void MessageInput::begin_message() {
  if (limits_.timer != nullptr && deadline_ == nullptr)
    deadline_ = limits_.timer->now() + limits_.message_time_max;
}

kj::Promise<size_t> MessageInput::within_time(kj::Promise<size_t> read) {
  KJ_IF_MAYBE (deadline, deadline_) {
    read = read.exclusiveJoin(limits_.timer->atTime(*deadline).then([]() -> kj::Promise<size_t> {
      return to_exception({Errc::unavailable, "no whole message came in its time, so the connection closes"});
    }));
  }
  return reading_.wrap(kj::mv(read));
}

}  // namespace coppice::wire
