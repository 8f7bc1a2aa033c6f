// A TCP connection without manners, for saying to a node what no client would.
#pragma once

#include <string>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "cluster/wire/address.hpp"

namespace coppice::cluster {

class RawSocket {
public:
  explicit RawSocket(const wire::Address& address) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(address.port);
    inet_pton(AF_INET, address.host.c_str(), &to.sin_addr);
    EXPECT_EQ(connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof(to)), 0);
    const timeval patience{20, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  }
  ~RawSocket() { close(fd_); }
  RawSocket(const RawSocket&) = delete;
  RawSocket& operator=(const RawSocket&) = delete;

  void send(const std::string& bytes) { (void)!::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }

  /// All that comes until the other side closes; "timeout" behind it if it never does.
  std::string read_to_end() {
    std::string all;
    char space[4096];
    while (true) {
      const ssize_t size = recv(fd_, space, sizeof(space), 0);
      if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return all + "timeout";
      if (size <= 0) return all;
      all.append(space, static_cast<size_t>(size));
    }
  }

private:
  const int fd_;
};

}  // namespace coppice::cluster
