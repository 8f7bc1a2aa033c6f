#include "tests/torture/relay.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "schema/check.hpp"

namespace coppice::torture {
namespace {

sockaddr_in local(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

const sockaddr* as_address(const sockaddr_in& address) { return reinterpret_cast<const sockaddr*>(&address); }

int new_socket() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  COPPICE_CHECK(socket >= 0);
  return socket;
}

void reset_on_close(int socket) {
  const linger at_once{1, 0};
  (void)::setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

/// One way: what was read on one side and has not been taken by the other. False: a side has ended.
bool carry(int source, int target, uint64_t& left) {
  char bytes[16 << 10];
  const ssize_t got = ::recv(source, bytes, std::min<uint64_t>(left, sizeof bytes), MSG_DONTWAIT);
  if (got == 0) return false;
  if (got < 0) return errno == EAGAIN || errno == EINTR;
  left -= static_cast<uint64_t>(got);
  for (ssize_t sent = 0; sent < got;) {
    // A side that takes nothing holds up the other too, as a slow network does; cut() shuts both down.
    const ssize_t taken = ::send(target, bytes + sent, static_cast<size_t>(got - sent), MSG_NOSIGNAL);
    if (taken <= 0) return false;
    sent += taken;
  }
  return true;
}

}  // namespace

Relay::Relay(const std::string& node_address, const Limits& limits)
    : limits_(limits), listener_(new_socket()), stop_(::eventfd(0, EFD_CLOEXEC)) {
  const sockaddr_in any = local(0);
  COPPICE_CHECK(::bind(listener_, as_address(any), sizeof any) == 0);
  COPPICE_CHECK(::listen(listener_, 1) == 0);
  sockaddr_in bound{};
  socklen_t size = sizeof bound;
  COPPICE_CHECK(::getsockname(listener_, reinterpret_cast<sockaddr*>(&bound), &size) == 0);
  port_ = ntohs(bound.sin_port);
  const auto node_port = static_cast<uint16_t>(std::atoi(node_address.c_str() + node_address.rfind(':') + 1));
  thread_ = std::thread([this, node_port] { run(node_port); });
}

Relay::~Relay() {
  cut();
  thread_.join();
  ::close(listener_);
  ::close(stop_);
}

void Relay::cut() {
  const uint64_t one = 1;
  (void)!::write(stop_, &one, sizeof one);
}

void Relay::run(uint16_t node_port) {
  pollfd waits[] = {{stop_, POLLIN, 0}, {listener_, POLLIN, 0}};
  (void)::poll(waits, 2, -1);
  if (waits[0].revents != 0) return;
  const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  const int node = new_socket();
  const sockaddr_in to = local(node_port);
  if (client >= 0 && ::connect(node, as_address(to), sizeof to) == 0) {
    has_failed_ = pass(client, node);
    if (has_failed_ && limits_.then == WireEnd::silent) {
      // Nothing passes: only the node's own end is waited for.
      pollfd ends[] = {{stop_, POLLIN, 0}, {node, POLLRDHUP, 0}};
      (void)::poll(ends, 2, limits_.silence_ms);
      shown_the_door_ = ends[1].revents != 0;
    }
    if (limits_.then == WireEnd::reset) {
      reset_on_close(client);
      reset_on_close(node);
    }
  }
  ::close(node);
  if (client >= 0) ::close(client);
}

bool Relay::pass(int client, int node) {
  // No send may wait for ever: the other side may be stopped, and cut() must be heard.
  const timeval patience{1, 0};
  for (const int socket : {client, node})
    (void)::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  uint64_t up = limits_.up;
  uint64_t down = limits_.down;
  while (up > 0 && down > 0) {
    pollfd waits[] = {{stop_, POLLIN, 0}, {client, POLLIN, 0}, {node, POLLIN, 0}};
    (void)::poll(waits, 3, -1);
    if (waits[0].revents != 0) return false;
    if (waits[1].revents != 0 && !carry(client, node, up)) return false;
    if (waits[2].revents != 0 && !carry(node, client, down)) return false;
  }
  return true;
}

}  // namespace coppice::torture
