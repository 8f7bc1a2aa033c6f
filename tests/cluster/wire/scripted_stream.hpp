// A byte stream that a test plays both ends of.
#pragma once

#include <algorithm>
#include <cstring>
#include <deque>
#include <string>

#include <kj/async-io.h>

namespace coppice::wire {

/// Reads what the test pushed, piece by piece as it was pushed, and then waits, or ends after end_of_input().
/// Writes are kept; while `blocked`, they wait for unblock().
class ScriptedStream final : public kj::AsyncIoStream {
public:
  void push(std::string bytes) {
    pieces_.push_back(std::move(bytes));
    wake();
  }
  void end_of_input() {
    ended_ = true;
    wake();
  }
  void unblock() {
    blocked = false;
    if (writer_.get() != nullptr) writer_->fulfill();
  }

  bool blocked = false;
  bool failing = false;
  bool write_ended = false;
  size_t write_count = 0;
  std::string written;

  kj::Promise<size_t> tryRead(void* buffer, size_t least, size_t most) override {
    return read_on(static_cast<char*>(buffer), least, most, 0);
  }

  kj::Promise<void> write(const void* buffer, size_t size) override {
    ++write_count;
    if (failing) return KJ_EXCEPTION(DISCONNECTED, "the wire is cut");
    written.append(static_cast<const char*>(buffer), size);
    if (!blocked) return kj::READY_NOW;
    auto wait = kj::newPromiseAndFulfiller<void>();
    writer_ = kj::mv(wait.fulfiller);
    return kj::mv(wait.promise);
  }
  kj::Promise<void> write(kj::ArrayPtr<const kj::ArrayPtr<const kj::byte>> pieces) override {
    std::string all;
    for (const auto& piece : pieces) all.append(piece.asChars().begin(), piece.size());
    return write(all.data(), all.size());
  }
  kj::Promise<void> whenWriteDisconnected() override { return kj::NEVER_DONE; }
  void shutdownWrite() override { write_ended = true; }

private:
  kj::Promise<size_t> read_on(char* buffer, size_t least, size_t most, size_t had) {
    if (!pieces_.empty()) {
      // One piece a read, so that what the test cut apart arrives apart.
      std::string& piece = pieces_.front();
      const size_t size = std::min(piece.size(), most - had);
      memcpy(buffer + had, piece.data(), size);
      piece.erase(0, size);
      if (piece.empty()) pieces_.pop_front();
      had += size;
    } else if (ended_) {
      return had;
    } else {
      auto wait = kj::newPromiseAndFulfiller<void>();
      reader_ = kj::mv(wait.fulfiller);
      return wait.promise.then(
          [this, buffer, least, most, had]() { return read_on(buffer, least, most, had); });
    }
    if (had >= least) return had;
    return read_on(buffer, least, most, had);
  }

  void wake() {
    if (reader_.get() != nullptr) reader_->fulfill();
  }

  std::deque<std::string> pieces_;
  bool ended_ = false;
  kj::Own<kj::PromiseFulfiller<void>> reader_;
  kj::Own<kj::PromiseFulfiller<void>> writer_;
};

}  // namespace coppice::wire
