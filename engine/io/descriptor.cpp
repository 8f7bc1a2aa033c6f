#include "engine/io/descriptor.hpp"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace coppice::engine {
namespace {

/// What the user can do about it, where the system's own reason does not say.
const char* advice(int reason) {
  switch (reason) {
    case ENOSPC:
    case EDQUOT:
      return "; free some space on that disk";
    case EROFS:
    case EACCES:
    case EPERM:
      return "; give this user the right to read and write there, or choose another directory";
    case ENOTDIR:
      return "; a file stands where a directory should be";
    case EMFILE:
    case ENFILE:
      return "; raise the limit of open files (ulimit -n)";
    default:
      return "";
  }
}

}  // namespace

Error system_error(const std::string& path, const char* operation, int reason) {
  Errc code = Errc::io_error;
  if (reason == ENOENT) code = Errc::not_found;
  if (reason == ENOSPC || reason == EDQUOT) code = Errc::out_of_space;
  return Error{
      code, path + ": cannot " + operation + ": " + std::generic_category().message(reason) + advice(reason)};
}

Descriptor::~Descriptor() {
  if (number_ >= 0) ::close(number_);
}

Result<Descriptor> open_descriptor(const std::string& path, int flags, const char* operation) {
  constexpr mode_t kMode = 0644;
  int number = -1;
  do {
    number = ::open(path.c_str(), flags | O_CLOEXEC, kMode);
  } while (number < 0 && errno == EINTR);
  if (number < 0) return system_error(path, operation, errno);
  return Descriptor(number);
}

Result<uint64_t> file_size(const Descriptor& file, const std::string& path) {
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return system_error(path, "read the size", errno);
  if (S_ISDIR(info.st_mode)) return Error{Errc::io_error, path + ": is a directory, not a file"};
  if (S_ISFIFO(info.st_mode)) return Error{Errc::io_error, path + ": is a pipe, not a file"};
  return static_cast<uint64_t>(info.st_size);
}

}  // namespace coppice::engine
