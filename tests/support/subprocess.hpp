// Programs started by tests, as a user or a script would start them.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace coppice::test {

/// How long a test waits for what must come: reached only when something is wrong.
inline constexpr std::chrono::seconds kDeadline{30};

/// A running child. It is killed with -9 if it outlives this.
class Subprocess {
public:
  struct Options {
    std::vector<std::string> command;
    /// Added to the environment.
    std::map<std::string, std::string> environment;
    /// Written to its standard input by write_input(); otherwise that is empty.
    bool with_input = false;
    /// Read with read_line(); otherwise standard output is kept for output().
    bool with_lines = false;
  };

  explicit Subprocess(const Options& options);
  ~Subprocess();
  Subprocess(const Subprocess&) = delete;
  Subprocess& operator=(const Subprocess&) = delete;

  pid_t pid() const { return pid_; }
  /// False: it has ended, whoever ended it.
  bool is_running() const;

  /// False: nobody reads it any more. Blocks: while the pipe is full.
  bool write_input(std::string_view bytes);
  void close_input();

  /// The next line of standard output without its end; nothing at its end, or if none came within kDeadline.
  std::optional<std::string> read_line();
  /// Reads no more, as `head` does when it has enough.
  void close_lines();

  void send_signal(int signal);
  /// The exit code; 128 and the signal if one ended it; nothing if it does not end within kDeadline.
  std::optional<int> wait();

  /// All that was written so far.
  std::string output() const;
  std::string errors() const;

private:
  pid_t pid_ = -1;
  int handle_ = -1;  // a pidfd: it can be polled
  int input_ = -1;
  int lines_ = -1;
  int output_ = -1;
  int errors_ = -1;
  std::string unread_;
  std::optional<int> ended_;
};

struct Finished {
  std::optional<int> code;
  std::string output;
  std::string errors;
};

/// Runs a command to its end with this as its whole input.
Finished run(const std::vector<std::string>& command, std::string_view input = "",
             const std::map<std::string, std::string>& environment = {});

}  // namespace coppice::test
