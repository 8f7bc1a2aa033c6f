#include "engine/io/descriptor.hpp"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/io/file.hpp"

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

Status read_at(const Descriptor& file, const std::string& path, uint64_t offset, size_t size, char* target) {
  const uint64_t begin = offset;
  const size_t wanted = size;
  while (size > 0) {
    const ssize_t got = ::pread(file.get(), target, size, static_cast<off_t>(offset));
    if (got < 0) {
      if (errno == EINTR) continue;
      return system_error(path, ("read at offset " + std::to_string(offset)).c_str(), errno);
    }
    if (got == 0) return short_read(path, begin, wanted, offset);
    target += got;
    offset += static_cast<uint64_t>(got);
    size -= static_cast<size_t>(got);
  }
  return success();
}

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
