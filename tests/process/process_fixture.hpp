// A node in its own process, and the commands that a user types beside it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "cluster/client/client.hpp"
#include "tests/support/subprocess.hpp"
#include "tests/support/temporary_directory.hpp"

namespace coppice::test {

using engine::TemporaryDirectory;

/// Runs the program that was built with this test.
Finished coppice(const std::vector<std::string>& arguments, std::string_view input = "",
                 const std::map<std::string, std::string>& environment = {});

/// `coppice serve`, on a port that the system chose.
class Server {
public:
  /// Returns when it is ready, or has given up: is_ready() tells.
  explicit Server(const std::string& directory, std::vector<std::string> flags = {});

  bool is_ready() const { return port_ != 0; }
  int port() const { return port_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  Subprocess& process() { return process_; }

  /// Its log so far.
  std::string errors() const { return process_.errors(); }

  void kill();
  /// SIGTERM, and its exit code.
  std::optional<int> stop();

  /// A command with this server's address.
  Finished operator()(const std::vector<std::string>& arguments, std::string_view input = "") const;
  /// A connection; fails the test if there is none.
  std::unique_ptr<client::Client> connect() const;

private:
  Subprocess process_;
  int port_ = 0;
};

/// Lines of `key<TAB>value` in key order, each key once; sizes from a few bytes to a few tens of KiB, and every
/// byte but line ends in the values. The same for the same numbers.
std::string generated_records(size_t count, unsigned seed);

/// The first `count` lines.
std::string first_lines(const std::string& text, size_t count);

}  // namespace coppice::test
