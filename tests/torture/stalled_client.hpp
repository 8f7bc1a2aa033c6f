// A client that has begun to say or to hear something, and then does nothing any more.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "tests/torture/relay.hpp"

namespace coppice::torture {

enum class Stall : uint8_t {
  half_request,    // a part of a message, then silence
  unread_answers,  // many calls, whose answers it does not take
  unread_scan,     // a scan whose first pages it does not finish with
  idle_snapshot,   // a snapshot that it holds for nothing
};
inline constexpr size_t kStallCount = 4;
const char* stall_name(Stall stall);

/// Has a thread of its own until it goes.
class StalledClient {
public:
  /// `point`: after how many bytes, where that matters.
  StalledClient(Stall stall, const std::string& address, uint64_t point);
  /// Ends the connection, in the middle of whatever it was.
  ~StalledClient();
  StalledClient(const StalledClient&) = delete;
  StalledClient& operator=(const StalledClient&) = delete;

  Stall kind() const { return stall_; }
  /// The node has closed the connection, as it had been silent for too long.
  bool was_shown_the_door() const { return relay_ != nullptr && relay_->was_shown_the_door(); }

private:
  void run(const std::string& address);
  void wait_for_release();

  const Stall stall_;
  std::unique_ptr<Relay> relay_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool released_ = false;
  std::thread thread_;
};

}  // namespace coppice::torture
