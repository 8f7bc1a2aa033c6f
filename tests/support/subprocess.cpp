#include "tests/support/subprocess.hpp"

#include <csignal>
#include <cstdlib>

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "schema/check.hpp"

namespace coppice::test {
namespace {

int memory_file() {
  const int file = ::memfd_create("output", MFD_CLOEXEC);
  COPPICE_CHECK(file >= 0);
  return file;
}

std::string content_of(int file) {
  std::string content;
  char piece[64 << 10];
  while (true) {
    const ssize_t got = ::pread(file, piece, sizeof piece, static_cast<off_t>(content.size()));
    if (got <= 0) return content;
    content.append(piece, static_cast<size_t>(got));
  }
}

bool wait_readable(int descriptor, std::chrono::steady_clock::time_point end) {
  while (true) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd waited{descriptor, POLLIN, 0};
    if (::poll(&waited, 1, static_cast<int>(left.count())) > 0) return true;
  }
}

void close_if_open(int& descriptor) {
  if (descriptor >= 0) ::close(descriptor);
  descriptor = -1;
}

/// In the child, between fork and exec: no memory is taken from here on.
[[noreturn]] void become(char** command, char** environment, int input, int output, int errors) {
  ::dup2(input, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(errors, STDERR_FILENO);
  ::signal(SIGPIPE, SIG_DFL);
  ::execve(command[0], command, environment);
  ::_exit(127);
}

}  // namespace

Subprocess::Subprocess(const Options& options) {
  // A child that ends early must not end the test.
  ::signal(SIGPIPE, SIG_IGN);
  int input[2] = {-1, -1};
  int lines[2] = {-1, -1};
  if (options.with_input) COPPICE_CHECK(::pipe2(input, O_CLOEXEC) == 0);
  if (options.with_lines) COPPICE_CHECK(::pipe2(lines, O_CLOEXEC) == 0);
  int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  output_ = memory_file();
  errors_ = memory_file();

  std::vector<char*> command;
  for (const std::string& word : options.command) command.push_back(const_cast<char*>(word.c_str()));
  command.push_back(nullptr);
  std::vector<std::string> added;
  std::vector<char*> environment;
  for (const auto& [name, value] : options.environment) added.push_back(name + "=" + value);
  for (std::string& variable : added) environment.push_back(variable.data());
  for (char** variable = environ; *variable != nullptr; ++variable) environment.push_back(*variable);
  environment.push_back(nullptr);

  pid_ = ::fork();
  COPPICE_CHECK(pid_ >= 0);
  if (pid_ == 0)
    become(command.data(), environment.data(), options.with_input ? input[0] : nothing,
           options.with_lines ? lines[1] : output_, errors_);
  // By number: Debian 12's <sys/pidfd.h> cannot be linked from C++.
  handle_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  COPPICE_CHECK(handle_ >= 0);
  close_if_open(input[0]);
  close_if_open(lines[1]);
  close_if_open(nothing);
  input_ = input[1];
  lines_ = lines[0];
}

Subprocess::~Subprocess() {
  if (!ended_) {
    send_signal(SIGKILL);
    (void)wait();
  }
  for (int* descriptor : {&handle_, &input_, &lines_, &output_, &errors_}) close_if_open(*descriptor);
}

bool Subprocess::is_running() const {
  pollfd waited{handle_, POLLIN, 0};
  return !ended_ && ::poll(&waited, 1, 0) == 0;
}

bool Subprocess::write_input(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t taken = ::write(input_, bytes.data(), bytes.size());
    if (taken < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(taken));
  }
  return true;
}

void Subprocess::close_input() { close_if_open(input_); }

std::optional<std::string> Subprocess::read_line() {
  const auto end = std::chrono::steady_clock::now() + kDeadline;
  while (true) {
    if (const size_t size = unread_.find('\n'); size != std::string::npos) {
      std::string line = unread_.substr(0, size);
      unread_.erase(0, size + 1);
      return line;
    }
    char piece[4096];
    const ssize_t got = wait_readable(lines_, end) ? ::read(lines_, piece, sizeof piece) : 0;
    if (got <= 0) return std::nullopt;
    unread_.append(piece, static_cast<size_t>(got));
  }
}

void Subprocess::close_lines() { close_if_open(lines_); }

void Subprocess::send_signal(int signal) {
  if (!ended_) ::kill(pid_, signal);
}

std::optional<int> Subprocess::wait() {
  if (ended_) return ended_;
  if (!wait_readable(handle_, std::chrono::steady_clock::now() + kDeadline)) return std::nullopt;
  int status = 0;
  COPPICE_CHECK(::waitpid(pid_, &status, 0) == pid_);
  ended_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return ended_;
}

std::string Subprocess::output() const { return content_of(output_); }

std::string Subprocess::errors() const { return content_of(errors_); }

Finished run(const std::vector<std::string>& command, std::string_view input,
             const std::map<std::string, std::string>& environment) {
  Subprocess child({.command = command, .environment = environment, .with_input = true, .with_lines = false});
  child.write_input(input);
  child.close_input();
  const auto code = child.wait();
  return {code, child.output(), child.errors()};
}

}  // namespace coppice::test
