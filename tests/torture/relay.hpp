// A wire between a client and the node that fails: so many bytes pass, then it is silent or cut, in the middle of whatever
// was being said.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

namespace coppice::torture {

enum class WireEnd : uint8_t {
  silent,  // both sides stay connected, and nothing passes any more, for as long as the limits say
  closed,  // both sides see an orderly end
  reset,   // both sides see a reset
};

/// Serves one connection, on a port of its own, from a thread of its own.
class Relay {
public:
  struct Limits {
    /// Bytes from the client to the node, and back.
    uint64_t up;
    uint64_t down;
    /// Once either is used up.
    WireEnd then;
    /// Of silence; less than 0: until it is cut.
    int silence_ms = -1;
  };

  Relay(const std::string& node_address, const Limits& limits);
  /// Cuts the wire if it is not yet cut.
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  /// Where the client connects to.
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  /// A limit was reached.
  bool has_failed() const { return has_failed_.load(); }
  /// The node closed its side after that.
  bool was_shown_the_door() const { return shown_the_door_.load(); }
  void cut();

private:
  void run(uint16_t node_port);
  /// Passes bytes until a side ends or a limit is reached; true: it was a limit.
  bool pass(int client, int node);

  const Limits limits_;
  int listener_ = -1;
  int stop_ = -1;
  uint16_t port_ = 0;
  std::atomic<bool> has_failed_{false};
  std::atomic<bool> shown_the_door_{false};
  std::thread thread_;
};

}  // namespace coppice::torture
