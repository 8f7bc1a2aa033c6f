#include "cluster/commands/input.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace coppice::cluster {

Result<Input> Input::open(const std::string& file) {
  if (file == "-") return Input(STDIN_FILENO);
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor >= 0) return Input(descriptor);
  return Error{Errc::invalid_argument, "cannot open " + file + ": " + std::strerror(errno)};
}

Input::Input(Input&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

Input::~Input() {
  if (descriptor_ > STDERR_FILENO) ::close(descriptor_);
}

uint64_t Input::size() const {
  struct stat status {};
  const bool regular = ::fstat(descriptor_, &status) == 0 && S_ISREG(status.st_mode);
  return regular ? static_cast<uint64_t>(status.st_size) : 0;
}

}  // namespace coppice::cluster
