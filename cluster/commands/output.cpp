#include "cluster/commands/output.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include <unistd.h>

#include "cluster/text/quantity.hpp"

namespace coppice::cluster {
namespace {

constexpr size_t kPieceSize = 64 << 10;
constexpr auto kBetweenDrawings = std::chrono::milliseconds(200);

}  // namespace

Status Output::write(ByteView bytes) {
  waiting_ += bytes;
  return waiting_.size() < kPieceSize ? success() : flush();
}

Status Output::flush() {
  if (broken_) return Error{Errc::io_error, "the output was refused before"};
  ByteView rest = waiting_;
  while (!rest.empty()) {
    const ssize_t taken = ::write(descriptor_, rest.data(), rest.size());
    if (taken < 0 && errno == EINTR) continue;
    if (taken < 0) {
      broken_ = true;
      reader_gone_ = errno == EPIPE;
      const Errc code = errno == ENOSPC ? Errc::out_of_space : Errc::io_error;
      return Error{code, std::string("cannot write the output: ") + std::strerror(errno)};
    }
    rest.remove_prefix(static_cast<size_t>(taken));
  }
  waiting_.clear();
  return success();
}

bool Output::is_terminal() const { return ::isatty(descriptor_) == 1; }

Progress::Progress(std::string verb) : verb_(std::move(verb)), visible_(::isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  if (visible_ && drawn_ != begin_) std::fprintf(stderr, "\r\x1b[K");
}

void Progress::update(uint64_t records, uint64_t size, uint64_t total_size) {
  if (!visible_) return;
  const auto now = Clock::now();
  if (now - drawn_ < kBetweenDrawings) return;
  drawn_ = now;
  const double seconds = std::chrono::duration<double>(now - begin_).count();
  const auto rate = static_cast<uint64_t>(static_cast<double>(records) / seconds);
  std::string share;
  if (total_size > 0)
    share = " of " + size_text(total_size) + " (" + std::to_string(size * 100 / total_size) + " %)";
  std::fprintf(stderr, "\r\x1b[K%s %s records, %s%s, %s a second", verb_.c_str(), count_text(records).c_str(),
               size_text(size).c_str(), share.c_str(), count_text(rate).c_str());
}

}  // namespace coppice::cluster
