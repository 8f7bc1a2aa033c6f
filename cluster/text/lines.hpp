// A stream of bytes, line by line.
#pragma once

#include <chrono>
#include <optional>

#include "schema/types.hpp"

namespace coppice::cluster {

/// Reads the lines of a file descriptor. A line ends at \n; the last needs none.
class LineReader {
public:
  /// Lifetime: `descriptor` stays open as long as the reader is used. Lines longer than `line_size_max` are
  /// refused, so memory stays bounded whatever comes.
  LineReader(int descriptor, size_t line_size_max);

  /// The next line without its end; nothing after the last. invalid_argument: too long; io_error: the file
  /// cannot be read. Both name the line. Lifetime: until the next call. Blocks: until a line has come.
  Result<std::optional<ByteView>> next();

  /// True if no whole line is at hand and nothing more comes in this time. Blocks: so long.
  bool stalls(std::chrono::milliseconds time) const;

  /// Of the line returned last, the first being 1; 0 before it.
  uint64_t number() const { return number_; }
  /// Bytes of all lines returned, with their ends.
  uint64_t offset() const { return offset_; }

private:
  /// Gets more bytes behind those still unread. False at the end of the file.
  Result<bool> fill();
  ByteView take(size_t size, size_t end_size);

  const int descriptor_;
  const size_t line_size_max_;
  Bytes buffer_;
  size_t begin_ = 0;  // of what is unread: [begin_, end_) of buffer_
  size_t end_ = 0;
  uint64_t number_ = 0;
  uint64_t offset_ = 0;
  bool ended_ = false;
};

}  // namespace coppice::cluster
