#include "engine/secrecy/key_source.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/io/descriptor.hpp"

extern char** environ;

namespace coppice::engine {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kFilePrefix = "file:";
constexpr std::string_view kCommandPrefix = "command:";

/// What was read of a key; wiped.
struct Secret {
  // More than any key has, so that what is too long is seen to be.
  std::array<char, 256> bytes{};
  size_t size = 0;

  Secret() = default;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() { wipe(bytes); }

  bool full() const { return size == bytes.size(); }
  ByteView view() const { return {bytes.data(), size}; }
  /// False at the end, or when it is full. An errno in `problem` if it cannot be read.
  bool read_from(int file, int& problem) {
    if (full()) return false;
    const ssize_t got = ::read(file, bytes.data() + size, bytes.size() - size);
    if (got < 0 && errno != EINTR) problem = errno;
    if (got > 0) size += static_cast<size_t>(got);
    return got > 0 || (got < 0 && problem == 0);
  }
};

Result<Key> read_key_file(const std::string& path) {
  COPPICE_TRY_ASSIGN(file, open_descriptor(path, O_RDONLY | O_NONBLOCK, "open"));
  struct stat status = {};
  if (::fstat(file.get(), &status) != 0) return system_error(path, "look at", errno);
  if (!S_ISREG(status.st_mode))
    return Error{Errc::invalid_argument, path + ": the key's file is no regular file"};
  if ((status.st_mode & (S_IROTH | S_IWGRP | S_IWOTH)) != 0)
    return Error{
        Errc::invalid_argument,
        path + ": others may read or write the key's file: chmod 600 it, and if they did, use a new key"};
  Secret secret;
  int problem = 0;
  while (secret.read_from(file.get(), problem)) {
  }
  if (problem != 0) return system_error(path, "read", problem);
  return Key::parse(secret.view(), path);
}

Error failed(const std::string& command, const std::string& how) {
  return {Errc::unavailable, "the command for the key, '" + command + "', " + how};
}

/// A shell that runs a command, in a process group of its own. Killed, with all that it began, unless it was waited for.
class Child {
public:
  explicit Child(pid_t id) : id_(id) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (id_ == 0) return;
    ::kill(-id_, SIGKILL);
    (void)wait(0);
  }

  /// What waitpid(2) says; nothing yet.
  std::optional<int> wait(int flags) {
    int status = 0;
    pid_t done = 0;
    while ((done = ::waitpid(id_, &status, flags)) < 0 && errno == EINTR) {
    }
    if (done == 0) return std::nullopt;
    id_ = 0;
    return status;
  }

private:
  pid_t id_;
};

Result<pid_t> start(const std::string& command, const Descriptor& output) {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&files, output.get(), STDOUT_FILENO);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  std::string shell = "sh";
  std::string flag = "-c";
  std::string text = command;
  const std::array<char*, 4> arguments{shell.data(), flag.data(), text.data(), nullptr};
  pid_t id = 0;
  const int problem = ::posix_spawn(&id, "/bin/sh", &files, &attributes, arguments.data(), environ);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&files);
  if (problem != 0) return system_error("/bin/sh", "run", problem);
  return id;
}

int milliseconds_until(Clock::time_point end) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
  return static_cast<int>(std::max<int64_t>(0, left));
}

Result<Key> read_key_command(const std::string& command, uint32_t time_ms) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return system_error("a pipe", "make", errno);
  const Descriptor source(ends[0]);
  std::optional<Descriptor> target(std::in_place, ends[1]);
  COPPICE_TRY_ASSIGN(id, start(command, *target));
  Child child(id);
  target.reset();

  const auto end = Clock::now() + std::chrono::milliseconds(time_ms);
  const Error late = failed(command, "took longer than " + std::to_string(time_ms) + " ms");
  Secret secret;
  int problem = 0;
  pollfd ready{source.get(), POLLIN, 0};
  do {
    const int count = ::poll(&ready, 1, milliseconds_until(end));
    if (count == 0) return late;
    if (count < 0 && errno != EINTR) return system_error("a pipe", "wait for", errno);
  } while (ready.revents == 0 || secret.read_from(source.get(), problem));
  if (problem != 0) return system_error("a pipe", "read", problem);
  if (secret.full()) return failed(command, "printed more than a key");

  // It has closed its output; its end is near, or it is killed.
  std::optional<int> status;
  while (!(status = child.wait(WNOHANG))) {
    if (milliseconds_until(end) == 0) return late;
    ::poll(nullptr, 0, 1);
  }
  if (!WIFEXITED(*status)) return failed(command, "was ended by signal " + std::to_string(WTERMSIG(*status)));
  if (WEXITSTATUS(*status) != 0)
    return failed(command, "exited with " + std::to_string(WEXITSTATUS(*status)));
  return Key::parse(secret.view(), "the output of '" + command + "'");
}

}  // namespace

Result<Key> read_key(const std::string& source) { return read_key(source, kKeyTimeMs); }

Result<Key> read_key(const std::string& source, uint32_t time_ms) {
  if (source.starts_with(kFilePrefix)) return read_key_file(source.substr(kFilePrefix.size()));
  if (source.starts_with(kCommandPrefix))
    return read_key_command(source.substr(kCommandPrefix.size()), time_ms);
  return Error{Errc::invalid_argument,
               "a key comes from file:PATH or command:COMMAND, and not from what was given"};
}

Result<KeyRing> read_keys(const std::string& current, const std::vector<std::string>& older) {
  std::optional<Key> first;
  if (!current.empty()) {
    COPPICE_TRY_ASSIGN(key, read_key(current));
    first = key;
  }
  std::vector<Key> others;
  for (const std::string& source : older) {
    COPPICE_TRY_ASSIGN(key, read_key(source));
    others.push_back(key);
  }
  return KeyRing(std::move(first), std::move(others));
}

}  // namespace coppice::engine
