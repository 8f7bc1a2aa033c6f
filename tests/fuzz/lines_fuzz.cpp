// What `load` reads, line by line: however the bytes come, the same lines, which together are the bytes; none is longer than allowed.
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include "cluster/text/lines.hpp"

namespace coppice::cluster {
namespace {

constexpr size_t kLineSizeMax = 100;
/// A pipe takes so many without a reader.
constexpr size_t kInputSizeMax = 60 << 10;

void write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    COPPICE_CHECK(written > 0);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
}

/// The lines as they must be, up to the first that is too long; `whole`: there is none.
std::vector<std::string> split(std::string_view bytes, bool& whole) {
  std::vector<std::string> lines;
  whole = true;
  while (!bytes.empty()) {
    const size_t end = std::min(bytes.find('\n'), bytes.size());
    whole = end <= kLineSizeMax;
    if (!whole) break;
    lines.emplace_back(bytes.substr(0, end));
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
  }
  return lines;
}

void read(std::string_view bytes, size_t piece_size) {
  int ends[2];
  COPPICE_CHECK(::pipe2(ends, O_CLOEXEC) == 0);
  LineReader reader(ends[0], kLineSizeMax);
  bool whole = true;
  const std::vector<std::string> expected = split(bytes, whole);
  // So much comes before the first line is asked for, and the rest when that is done.
  write_all(ends[1], bytes.substr(0, piece_size));
  const bool early = bytes.substr(0, piece_size).find('\n') < bytes.size() && !expected.empty();
  size_t count = 0;
  uint64_t offset = 0;
  for (bool written = false;;) {
    if (!written && !(early && count == 0)) {
      write_all(ends[1], bytes.substr(std::min(piece_size, bytes.size())));
      ::close(ends[1]);
      written = true;
    }
    const auto line = reader.next();
    if (!line.ok()) {
      COPPICE_CHECK(!whole && count == expected.size());
      COPPICE_CHECK(line.error().code == Errc::invalid_argument);
      break;
    }
    if (!*line) {
      COPPICE_CHECK(whole && count == expected.size() && offset == bytes.size());
      break;
    }
    COPPICE_CHECK(count < expected.size());
    COPPICE_CHECK(**line == expected[count]);
    COPPICE_CHECK(reader.number() == ++count);
    offset = reader.offset();
  }
  ::close(ends[0]);
}

}  // namespace
}  // namespace coppice::cluster

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace coppice::cluster;
  if (size == 0 || size > kInputSizeMax) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  read(bytes, bytes.size());
  read(bytes, data[0]);
  return 0;
}
