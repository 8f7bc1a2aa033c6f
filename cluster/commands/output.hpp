// Standard output for much data, and progress on a terminal beside it.
#pragma once

#include <chrono>
#include <string>

#include "schema/types.hpp"

namespace coppice::cluster {

/// Gathers what is written into large pieces. After an error it refuses everything.
class Output {
public:
  /// Lifetime: `descriptor` stays open as long as the output is used.
  explicit Output(int descriptor) : descriptor_(descriptor) {}

  /// io_error: what takes the output refuses it. Blocks: until a pipe has room.
  Status write(ByteView bytes);
  /// Nothing stays behind in memory. Call it last: the destructor writes nothing.
  Status flush();

  /// The error was that the reader of a pipe has gone, as `head` does when it has enough.
  bool reader_gone() const { return reader_gone_; }
  bool is_terminal() const;

private:
  const int descriptor_;
  Bytes waiting_;
  bool broken_ = false;
  bool reader_gone_ = false;
};

/// One line on stderr that says how far long work has come, if stderr is a terminal; nothing otherwise.
class Progress {
public:
  /// "loaded" makes "loaded 1,234,567 records, 512.0 MiB, 85,000 a second".
  explicit Progress(std::string verb);
  /// Wipes the line.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Cheap: draws five times a second at most. `total_size` 0: not known.
  void update(uint64_t records, uint64_t size, uint64_t total_size = 0);

private:
  using Clock = std::chrono::steady_clock;

  const std::string verb_;
  const bool visible_;
  const Clock::time_point begin_ = Clock::now();
  Clock::time_point drawn_ = begin_;
};

}  // namespace coppice::cluster
