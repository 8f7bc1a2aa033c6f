// Strangers on the port, and clients that vanish.
#include <csignal>
#include <random>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/process/process_fixture.hpp"

namespace coppice::test {
namespace {

/// A TCP connection that speaks whatever the test wants.
class Stranger {
public:
  explicit Stranger(int port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  ~Stranger() { ::close(socket_); }
  Stranger(const Stranger&) = delete;
  Stranger& operator=(const Stranger&) = delete;

  void say(std::string_view bytes) { (void)::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  /// The node ends the connection, whatever it says before.
  bool is_shown_the_door() {
    char piece[4096];
    while (true) {
      pollfd waited{socket_, POLLIN, 0};
      if (::poll(&waited, 1, std::chrono::milliseconds(kDeadline).count()) <= 0) return false;
      if (::recv(socket_, piece, sizeof piece, 0) <= 0) return true;
    }
  }

private:
  const int socket_;
};

class SocketTest : public testing::Test {
protected:
  void SetUp() override {
    ASSERT_TRUE(server.is_ready()) << server.errors();
    friendly = server.connect();
    ASSERT_NE(friendly, nullptr);
  }
  void TearDown() override {
    friendly.reset();
    EXPECT_EQ(server.stop(), 0) << server.errors();
  }
  /// A client that behaves is served meanwhile, over its old connection and over a new one.
  void others_are_served() {
    EXPECT_TRUE(friendly->put("key", "value").ok());
    EXPECT_EQ(server({"get", "key"}).output, "value");
  }

  TemporaryDirectory directory;
  Server server{directory / "data"};
  std::unique_ptr<client::Client> friendly;
};

TEST_F(SocketTest, WhatCannotBeAMessageIsShownTheDoor) {
  Stranger stranger(server.port());
  stranger.say(std::string(64, '\xff'));
  EXPECT_TRUE(stranger.is_shown_the_door());
  others_are_served();
}

TEST_F(SocketTest, GarbageHarmsNobodyElse) {
  std::mt19937 random(5);
  std::string noise(100'000, '\0');
  for (char& c : noise) c = static_cast<char>(random());
  for (const std::string& words : {std::string("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"), noise}) {
    Stranger stranger(server.port());
    stranger.say(words);
    others_are_served();
  }
  others_are_served();
}

TEST_F(SocketTest, HalfAMessageAndSilenceHoldNobodyUp) {
  std::vector<std::unique_ptr<Stranger>> strangers;
  for (int i = 0; i < 20; ++i) strangers.push_back(std::make_unique<Stranger>(server.port()));
  // One segment of 16 words is announced, and one word comes.
  for (size_t i = 0; i < strangers.size(); i += 2)
    strangers[i]->say(std::string_view("\0\0\0\0\x10\0\0\0\0\0\0\0\0\0\0\0", 16));
  others_are_served();
  strangers.clear();
  others_are_served();
}

TEST_F(SocketTest, AClientKilledInAScanLeavesNothingBehind) {
  ASSERT_EQ(server({"load"}, generated_records(40'000, 9)).code, 0);
  for (int i = 0; i < 3; ++i) {
    Subprocess scan({.command = {COPPICE_PROGRAM, "scan", "--escaped", "--address", server.address()},
                     .environment = {},
                     .with_input = false,
                     .with_lines = true});
    ASSERT_TRUE(scan.read_line().has_value());
    scan.send_signal(SIGKILL);
    EXPECT_EQ(scan.wait(), 128 + SIGKILL);
  }
  others_are_served();

  // Its snapshot is let go as soon as the node has noticed.
  const auto end = std::chrono::steady_clock::now() + kDeadline;
  uint32_t snapshots = 1;
  while (snapshots > 0 && std::chrono::steady_clock::now() < end) {
    const auto stats = friendly->stats();
    ASSERT_TRUE(stats.ok());
    snapshots = 0;
    for (const auto& shard : stats->shards) snapshots += shard.snapshots;
  }
  EXPECT_EQ(snapshots, 0u);
}

TEST_F(SocketTest, AServerStopsThoughAClientStaysConnected) {
  const Stranger silent(server.port());
  others_are_served();
  EXPECT_EQ(server.stop(), 0) << server.errors();
}

}  // namespace
}  // namespace coppice::test
