#include "cluster/wire/message_output.hpp"

#include <string>
#include <utility>

#include "cluster/wire/errors.hpp"

namespace coppice::wire {
namespace {

/// A message this large is written from where it lies, not copied.
constexpr size_t kLargeSize = 64 << 10;
/// A buffer that grew past this is given back when there is nothing to write.
constexpr size_t kKeptCapacity = 64 << 10;

}  // namespace

MessageOutput::MessageOutput(kj::AsyncOutputStream& stream, kj::Function<void(const kj::Exception&)> failed)
    : stream_(stream), failed_(kj::mv(failed)) {}

kj::Promise<void> MessageOutput::write(Segments segments) {
  KJ_IF_MAYBE (error, broken_) {
    return kj::cp(*error);
  }
  const size_t size = message_size(segments);
  if (size > kMessageSizeMax || segments.size() > kSegmentCountMax)
    return to_exception({Errc::invalid_argument, "the message has " + std::to_string(size) + " bytes in " +
                                                     std::to_string(segments.size()) +
                                                     " segments: a message has at most " +
                                                     std::to_string(kMessageSizeMax) + " in 512"});
  if (size >= kLargeSize) return write_large(segments);

  gathering_.addAll(make_head(segments));
  for (const auto& segment : segments) gathering_.addAll(segment.asBytes());
  if (!flushing_) {
    flushing_ = true;
    flush_task_ = kj::evalLast([this]() { return flush(); }).eagerlyEvaluate([this](kj::Exception&& error) {
      fail(error);
    });
  }
  if (full()) return when_idle();
  return kj::READY_NOW;
}

kj::Promise<void> MessageOutput::when_idle() {
  KJ_IF_MAYBE (error, broken_) {
    return kj::cp(*error);
  }
  if (!flushing_ && !writing_large_) return kj::READY_NOW;
  auto waiter = kj::newPromiseAndFulfiller<void>();
  waiters_.add(kj::mv(waiter.fulfiller));
  return kj::mv(waiter.promise);
}

/// Requires: not writing_large_. What is buffered goes first.
kj::Promise<void> MessageOutput::write_large(Segments segments) {
  auto head = make_head(segments);
  auto pieces = kj::heapArrayBuilder<kj::ArrayPtr<const kj::byte>>(segments.size() + 1);
  pieces.add(head);
  for (const auto& segment : segments) pieces.add(segment.asBytes());

  kj::Promise<void> turn = kj::READY_NOW;
  if (flushing_) {
    auto flushed = kj::newPromiseAndFulfiller<void>();
    large_turn_ = kj::mv(flushed.fulfiller);
    turn = kj::mv(flushed.promise);
  }
  writing_large_ = true;
  return turn
      .then([this, head = kj::mv(head), all = pieces.finish()]() mutable {
        auto written = stream_.write(all);
        return written.attach(kj::mv(head), kj::mv(all));
      })
      .then(
          [this]() -> kj::Promise<void> {
            writing_large_ = false;
            release_waiters();
            return kj::READY_NOW;
          },
          [this](kj::Exception&& error) -> kj::Promise<void> {
            fail(error);
            return kj::mv(error);
          });
}

kj::Promise<void> MessageOutput::flush() {
  if (gathering_.size() > 0) {
    std::swap(gathering_, sending_);
    return stream_.write(sending_.begin(), sending_.size()).then([this]() {
      sending_.clear();
      return flush();
    });
  }
  if (sending_.capacity() > kKeptCapacity) sending_ = kj::Vector<kj::byte>();
  flushing_ = false;
  if (writing_large_) {
    large_turn_->fulfill();
  } else {
    release_waiters();
  }
  return kj::READY_NOW;
}

void MessageOutput::release_waiters() {
  auto waiters = kj::mv(waiters_);
  waiters_ = {};
  for (auto& waiter : waiters) waiter->fulfill();
}

void MessageOutput::fail(const kj::Exception& error) {
  broken_ = kj::cp(error);
  if (flushing_ && writing_large_) large_turn_->reject(kj::cp(error));
  for (auto& waiter : waiters_) waiter->reject(kj::cp(error));
  waiters_.clear();
  failed_(error);
}

}  // namespace coppice::wire
