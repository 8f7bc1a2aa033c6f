// Listens on an address and accepts connections, on a thread of its own.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include <kj/io.h>

#include "cluster/wire/address.hpp"

namespace coppice::cluster {

/// Threads: the owner's.
class Acceptor {
public:
  /// Connections wait with the operating system until start(). in_use if another process has the address;
  /// invalid_argument if the host has no such one; io_error otherwise.
  static Result<std::unique_ptr<Acceptor>> listen(const wire::Address& address);
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  /// Where it listens, with the port that was chosen if none was asked for.
  const wire::Address& address() const { return address_; }

  /// Gives each connection to `take` and each difficulty, at most one every ten seconds, to `warn`, both on
  /// its thread.
  void start(std::function<void(kj::AutoCloseFd)> take, std::function<void(const std::string&)> warn);
  /// Closes the listening socket and waits for the thread.
  void stop();

private:
  Acceptor(wire::Address address, kj::AutoCloseFd socket, kj::AutoCloseFd stop_event);
  void run(const std::function<void(kj::AutoCloseFd)>& take,
           const std::function<void(const std::string&)>& warn);

  const wire::Address address_;
  kj::AutoCloseFd socket_;
  kj::AutoCloseFd stop_event_;
  std::thread thread_;
};

}  // namespace coppice::cluster
