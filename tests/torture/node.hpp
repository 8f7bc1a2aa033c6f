// The process under torture: `coppice serve` on one directory, started, signalled, squeezed and watched.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/subprocess.hpp"
#include "tests/torture/place.hpp"
#include "tests/torture/settings.hpp"

namespace coppice::torture {

/// The program that was built with this.
std::vector<std::string> program(std::vector<std::string> arguments);

/// Threads: one.
class Node {
public:
  Node(const Place& place, const Settings& settings) : place_(place), settings_(settings) {}

  /// On the directory given, or the place's own. Blocks: until it serves or has given up; false: errors() says why.
  bool start(const std::string& directory = "");
  /// Begins to start it and kills it when it has written a first line, or at once. True: it had come to serve.
  bool start_and_kill(bool at_once);
  /// Begun, and not ended by a call here.
  bool is_begun() const { return process_ != nullptr; }
  /// False: it has ended by itself.
  bool is_alive() const { return process_ != nullptr && process_->is_running(); }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  /// Of the last process, so far.
  std::string errors() const;

  void kill();
  /// SIGTERM, and what came of it: nothing, if it does not end.
  std::optional<int> stop();
  void freeze();
  void thaw();

  /// Leaves it room for so many more open files, which may be fewer than none; returns how many it has open.
  uint64_t limit_files(int64_t more);
  void unlimit_files();
  /// Bytes of anonymous memory; 0: unknown.
  uint64_t memory() const;

private:
  std::vector<std::string> command(const std::string& directory) const;

  const Place& place_;
  const Settings& settings_;
  std::unique_ptr<test::Subprocess> process_;
  std::string last_errors_;
  int port_ = 0;
};

}  // namespace coppice::torture
