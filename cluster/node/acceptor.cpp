#include "cluster/node/acceptor.hpp"

#include <cerrno>
#include <chrono>
#include <cstring>

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace coppice::cluster {
namespace {

using Addresses = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

constexpr int kBacklog = 1024;
/// When the process is out of descriptors, how long until it may have one again.
constexpr int kRetryMs = 100;

Error listen_error(const wire::Address& address, int error) {
  const std::string where = "cannot listen on " + wire::to_string(address) + ": " + std::strerror(error);
  switch (error) {
    case EADDRINUSE:
      return {Errc::in_use, where + "; stop the process that does, or choose another port"};
    case EADDRNOTAVAIL:
      return {Errc::invalid_argument, where + "; choose an address of this host"};
    default:
      return {Errc::io_error, where};
  }
}

Result<Addresses> resolve(const wire::Address& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  if (error != 0)
    return Error{Errc::invalid_argument, "cannot listen on " + wire::to_string(address) + ": " +
                                             gai_strerror(error) + "; choose an address of this host"};
  return Addresses(found, &freeaddrinfo);
}

void set_option(int socket, int level, int option, int value) {
  // Each is a help that a strange kernel may refuse without harm.
  (void)setsockopt(socket, level, option, &value, sizeof(value));
}

Result<kj::AutoCloseFd> listen_on(const wire::Address& address, const addrinfo& found) {
  kj::AutoCloseFd socket(
      ::socket(found.ai_family, found.ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, found.ai_protocol));
  if (socket.get() < 0) return listen_error(address, errno);
  set_option(socket.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (bind(socket.get(), found.ai_addr, found.ai_addrlen) < 0) return listen_error(address, errno);
  if (listen(socket.get(), kBacklog) < 0) return listen_error(address, errno);
  return socket;
}

uint16_t port_of(int socket) {
  sockaddr_storage name{};
  socklen_t size = sizeof(name);
  COPPICE_CHECK(getsockname(socket, reinterpret_cast<sockaddr*>(&name), &size) == 0);
  return ntohs(name.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(name).sin6_port
                                          : reinterpret_cast<const sockaddr_in&>(name).sin_port);
}

/// Small answers go out at once, and a client whose host died is noticed within two minutes.
void set_client_options(int socket) {
  set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(socket, IPPROTO_TCP, TCP_KEEPIDLE, 60);
  set_option(socket, IPPROTO_TCP, TCP_KEEPINTVL, 15);
  set_option(socket, IPPROTO_TCP, TCP_KEEPCNT, 4);
}

}  // namespace

Result<std::unique_ptr<Acceptor>> Acceptor::listen(const wire::Address& address) {
  COPPICE_TRY_ASSIGN(found, resolve(address));
  kj::AutoCloseFd stop_event(eventfd(0, EFD_CLOEXEC));
  if (stop_event.get() < 0) return listen_error(address, errno);
  Status failure;
  for (const addrinfo* one = found.get(); one != nullptr; one = one->ai_next) {
    auto socket = listen_on(address, *one);
    if (!socket.ok()) {
      failure = socket.status();
      continue;
    }
    const wire::Address bound{address.host, port_of(socket->get())};
    return std::unique_ptr<Acceptor>(new Acceptor(bound, *std::move(socket), kj::mv(stop_event)));
  }
  return std::move(failure).error();
}

Acceptor::Acceptor(wire::Address address, kj::AutoCloseFd socket, kj::AutoCloseFd stop_event)
    : address_(std::move(address)), socket_(kj::mv(socket)), stop_event_(kj::mv(stop_event)) {}

Acceptor::~Acceptor() { stop(); }

void Acceptor::start(std::function<void(kj::AutoCloseFd)> take,
                     std::function<void(const std::string&)> warn) {
  thread_ = std::thread([this, take = std::move(take), warn = std::move(warn)]() { run(take, warn); });
}

void Acceptor::stop() {
  if (thread_.joinable()) {
    const uint64_t one = 1;
    (void)!write(stop_event_.get(), &one, sizeof(one));
    thread_.join();
  }
  socket_ = nullptr;
}

void Acceptor::run(const std::function<void(kj::AutoCloseFd)>& take,
                   const std::function<void(const std::string&)>& warn) {
  using Clock = std::chrono::steady_clock;
  Clock::time_point quiet_until{};
  pollfd waits[] = {{stop_event_.get(), POLLIN, 0}, {socket_.get(), POLLIN, 0}};
  while (true) {
    (void)poll(waits, 2, -1);
    if (waits[0].revents != 0) return;
    kj::AutoCloseFd client(accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (client.get() >= 0) {
      set_client_options(client.get());
      take(kj::mv(client));
      continue;
    }
    // What else can fail is of one client: it is gone already.
    const int error = errno;
    if (error != EMFILE && error != ENFILE && error != ENOBUFS && error != ENOMEM) continue;
    if (Clock::now() >= quiet_until) {
      warn(std::string("cannot accept connections: ") + std::strerror(error) +
           "; see the limit on open files (ulimit -n)");
      quiet_until = Clock::now() + std::chrono::seconds(10);
    }
    (void)poll(waits, 1, kRetryMs);
  }
}

}  // namespace coppice::cluster
