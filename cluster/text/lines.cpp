#include "cluster/text/lines.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <poll.h>
#include <unistd.h>

namespace coppice::cluster {
namespace {

constexpr size_t kReadSize = 256 << 10;

}  // namespace

LineReader::LineReader(int descriptor, size_t line_size_max)
    : descriptor_(descriptor), line_size_max_(line_size_max), buffer_(kReadSize, '\0') {}

Result<std::optional<ByteView>> LineReader::next() {
  size_t searched = 0;
  while (true) {
    const ByteView unread(buffer_.data() + begin_, end_ - begin_);
    const size_t size = unread.find('\n', searched);
    const size_t shortest = size == ByteView::npos ? unread.size() : size;
    if (shortest > line_size_max_)
      return Error{Errc::invalid_argument, "line " + std::to_string(number_ + 1) + " has more than " +
                                               std::to_string(line_size_max_) + " bytes"};
    if (size != ByteView::npos) return std::optional(take(size, 1));
    if (ended_ && unread.empty()) return std::optional<ByteView>();
    if (ended_) return std::optional(take(unread.size(), 0));
    searched = unread.size();
    COPPICE_TRY_ASSIGN(more, fill());
    ended_ = !more;
  }
}

bool LineReader::stalls(std::chrono::milliseconds time) const {
  const ByteView unread(buffer_.data() + begin_, end_ - begin_);
  if (ended_ || unread.find('\n') != ByteView::npos) return false;
  pollfd waited{descriptor_, POLLIN, 0};
  return ::poll(&waited, 1, static_cast<int>(time.count())) == 0;
}

ByteView LineReader::take(size_t size, size_t end_size) {
  const ByteView line(buffer_.data() + begin_, size);
  begin_ += size + end_size;
  offset_ += size + end_size;
  ++number_;
  return line;
}

Result<bool> LineReader::fill() {
  // What is unread goes to the front, and the buffer doubles while one line fills it.
  std::copy(buffer_.begin() + static_cast<ptrdiff_t>(begin_), buffer_.begin() + static_cast<ptrdiff_t>(end_),
            buffer_.begin());
  end_ -= begin_;
  begin_ = 0;
  if (end_ + kReadSize > buffer_.size()) buffer_.resize(std::max(buffer_.size() * 2, end_ + kReadSize));
  while (true) {
    const ssize_t got = ::read(descriptor_, buffer_.data() + end_, buffer_.size() - end_);
    if (got >= 0) {
      end_ += static_cast<size_t>(got);
      return got > 0;
    }
    if (errno != EINTR)
      return Error{Errc::io_error,
                   "cannot read line " + std::to_string(number_ + 1) + ": " + std::strerror(errno)};
  }
}

}  // namespace coppice::cluster
