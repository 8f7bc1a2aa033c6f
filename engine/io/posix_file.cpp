#include "engine/io/posix_file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/io/descriptor.hpp"
#include "engine/io/file_names.hpp"
#include "engine/io/mapped_file.hpp"
#include "engine/io/posix_log_file.hpp"
#include "engine/io/read_ring.hpp"

namespace coppice::engine {
namespace {

class PosixAppendFile final : public AppendFile {
public:
  PosixAppendFile(Descriptor file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}

  Status append(ByteView bytes) override {
    while (!bytes.empty()) {
      const ssize_t written = ::write(file_.get(), bytes.data(), bytes.size());
      if (written < 0) {
        if (errno == EINTR) continue;
        return system_error(path_, "append", errno);
      }
      size_ += static_cast<uint64_t>(written);
      bytes.remove_prefix(static_cast<size_t>(written));
    }
    return success();
  }

  Status sync() override {
    // Never tried again: see LogWriter. A second call may report success for pages lost by the first.
    if (::fdatasync(file_.get()) != 0) return system_error(path_, "sync", errno);
    return success();
  }

  Status write_back() override {
    // An error must be passed on: having told it here, the kernel does not tell it again at the sync.
    const auto wait_for = static_cast<off_t>(begun_ - written_back_);
    if (wait_for > 0 && ::sync_file_range(file_.get(), static_cast<off_t>(written_back_), wait_for,
                                          SYNC_FILE_RANGE_WAIT_BEFORE) != 0)
      return system_error(path_, "write back", errno);
    written_back_ = begun_;
    const auto begin = static_cast<off_t>(size_ - begun_);
    if (begin > 0 &&
        ::sync_file_range(file_.get(), static_cast<off_t>(begun_), begin, SYNC_FILE_RANGE_WRITE) != 0)
      return system_error(path_, "write back", errno);
    begun_ = size_;
    return success();
  }

  uint64_t size() const override { return size_; }

private:
  Descriptor file_;
  const std::string path_;
  uint64_t size_ = 0;
  // Of write_back(): ends of what it has waited for, and of what it has begun to write.
  uint64_t written_back_ = 0;
  uint64_t begun_ = 0;
};

class PosixRandomFile final : public RandomFile {
public:
  PosixRandomFile(Descriptor file, std::string path, uint64_t size)
      : file_(std::move(file)), path_(std::move(path)), size_(size), mapped_(MappedFile::map(file_, size)) {}

  Status read(uint64_t offset, size_t size, char* target) const override {
    if (is_mapped(offset, size) && mapped_->read(offset, size, target)) return success();
    return read_at(file_, path_, offset, size, target);
  }

  bool is_in_memory(uint64_t offset, size_t size) const override {
    return is_mapped(offset, size) && mapped_->is_in_memory(offset, size);
  }

  void prefetch(uint64_t offset, size_t size) const override {
    if (is_mapped(offset, size)) mapped_->prefetch(offset, size);
  }

  void will_read(uint64_t offset, size_t size) const override {
    (void)::posix_fadvise(file_.get(), static_cast<off_t>(offset), static_cast<off_t>(size),
                          POSIX_FADV_WILLNEED);
  }

  uint64_t size() const override { return size_; }
  const std::string& name() const override { return path_; }
  int descriptor() const { return file_.get(); }

private:
  bool is_mapped(uint64_t offset, size_t size) const {
    return mapped_ != nullptr && offset <= size_ && size <= size_ - offset;
  }

  Descriptor file_;
  const std::string path_;
  const uint64_t size_;
  const std::unique_ptr<MappedFile> mapped_;
};

class PosixDirectoryLock final : public DirectoryLock {
public:
  explicit PosixDirectoryLock(Descriptor file) : file_(std::move(file)) {}

private:
  // The kernel lets go of the lock when the descriptor is closed. The file stays: were it removed, a process
  // that has it open already and one that makes it anew could both hold "the" lock.
  Descriptor file_;
};

/// The process id that the holder wrote, or "unknown" in the moment before it did.
std::string lock_holder(const Descriptor& file) {
  std::array<char, 32> text{};
  const ssize_t size = ::pread(file.get(), text.data(), text.size(), 0);
  std::string holder(text.data(), size > 0 ? static_cast<size_t>(size) : 0);
  holder.erase(std::find_if(holder.begin(), holder.end(), [](char c) { return c < '0' || c > '9'; }),
               holder.end());
  return holder.empty() ? "unknown" : holder;
}

/// A new file in the place of one of that name.
Result<Descriptor> create_descriptor(const std::string& path, int flags) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return system_error(path, "replace", errno);
  return open_descriptor(path, flags | O_CREAT | O_EXCL, "create");
}

}  // namespace

Result<std::unique_ptr<AppendFile>> PosixFileSystem::create(const std::string& path) {
  COPPICE_TRY_ASSIGN(file, create_descriptor(path, O_WRONLY | O_APPEND));
  return std::unique_ptr<AppendFile>(std::make_unique<PosixAppendFile>(std::move(file), path));
}

Result<std::unique_ptr<LogFile>> PosixFileSystem::create_log(const std::string& path) {
  COPPICE_TRY_ASSIGN(file, create_descriptor(path, O_RDWR));
  return std::unique_ptr<LogFile>(std::make_unique<PosixLogFile>(std::move(file), path, 0));
}

Result<std::unique_ptr<LogFile>> PosixFileSystem::reopen_log(const std::string& path, const KeptFront& kept) {
  COPPICE_TRY_ASSIGN(file, open_descriptor(path, O_RDWR, "open"));
  COPPICE_TRY_ASSIGN(size, file_size(file, path));
  if (size < kept.size) return short_read(path, 0, kept.size, size);
  if (size > kept.size && ::ftruncate(file.get(), static_cast<off_t>(kept.size)) != 0)
    return system_error(path, "cut", errno);
  auto log = std::make_unique<PosixLogFile>(std::move(file), path, kept.size);
  COPPICE_TRY(log->write_again(kept.synced));
  return std::unique_ptr<LogFile>(std::move(log));
}

Result<std::unique_ptr<RandomFile>> PosixFileSystem::open(const std::string& path) {
  // Users name files too, and a pipe would be waited for.
  COPPICE_TRY_ASSIGN(file, open_descriptor(path, O_RDONLY | O_NONBLOCK, "open"));
  COPPICE_TRY_ASSIGN(size, file_size(file, path));
  return std::unique_ptr<RandomFile>(std::make_unique<PosixRandomFile>(std::move(file), path, size));
}

void PosixFileSystem::read_all(std::span<FileRead> reads) {
  ReadRing* const ring = reads.size() > 1 ? ReadRing::here() : nullptr;
  if (ring == nullptr) return FileSystem::read_all(reads);
  std::vector<ReadRing::Read> tried;
  tried.reserve(reads.size());
  for (const FileRead& read : reads) {
    const int file = static_cast<const PosixRandomFile*>(read.file)->descriptor();
    tried.push_back({.file = file, .offset = read.offset, .size = read.size, .target = read.target});
  }
  ring->run(tried);
  for (size_t i = 0; i < reads.size(); ++i) {
    FileRead& read = reads[i];
    read.status = tried[i].done ? success() : read.file->read(read.offset, read.size, read.target);
  }
}

Result<std::vector<std::string>> PosixFileSystem::list(const std::string& directory) {
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::opendir(directory.c_str()), &::closedir);
  if (!stream) return system_error(directory, "list", errno);
  std::vector<std::string> names;
  for (;;) {
    errno = 0;
    const dirent* found = ::readdir(stream.get());
    if (!found) break;
    const std::string name = found->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  if (errno != 0) return system_error(directory, "list", errno);
  return names;
}

Result<bool> PosixFileSystem::exists(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0) return true;
  if (errno == ENOENT) return false;
  return system_error(path, "look up", errno);
}

Status PosixFileSystem::rename(const std::string& source, const std::string& target) {
  if (::rename(source.c_str(), target.c_str()) != 0)
    return system_error(source, ("rename to " + target).c_str(), errno);
  return success();
}

Status PosixFileSystem::link(const std::string& source, const std::string& target) {
  if (::linkat(AT_FDCWD, source.c_str(), AT_FDCWD, target.c_str(), AT_SYMLINK_FOLLOW) != 0)
    return system_error(source, ("link as " + target).c_str(), errno);
  return success();
}

Status PosixFileSystem::sync_file(const std::string& path) {
  COPPICE_TRY_ASSIGN(file, open_descriptor(path, O_RDONLY, "open"));
  if (::fsync(file.get()) != 0) return system_error(path, "sync", errno);
  return success();
}

Status PosixFileSystem::remove(const std::string& path) {
  if (::unlink(path.c_str()) != 0) return system_error(path, "remove", errno);
  return success();
}

Status PosixFileSystem::remove_tree(const std::string& directory) {
  std::error_code reason;
  std::filesystem::remove_all(directory, reason);
  if (reason) return system_error(directory, "remove", reason.value());
  return success();
}

Status PosixFileSystem::make_directory(const std::string& directory) {
  std::error_code reason;
  std::filesystem::create_directories(directory, reason);
  if (reason) return system_error(directory, "make the directory", reason.value());
  return success();
}

Status PosixFileSystem::make_child_directory(const std::string& directory) {
  std::error_code reason;
  std::filesystem::create_directory(directory, reason);
  if (reason) return system_error(directory, "make the directory", reason.value());
  return success();
}

Status PosixFileSystem::sync_directory(const std::string& directory) {
  COPPICE_TRY_ASSIGN(file, open_descriptor(directory, O_RDONLY | O_DIRECTORY, "open the directory"));
  if (::fsync(file.get()) != 0) return system_error(directory, "sync the directory", errno);
  return success();
}

Result<std::unique_ptr<DirectoryLock>> PosixFileSystem::lock(const std::string& directory) {
  const std::string path = join_path(directory, kLockName);
  COPPICE_TRY_ASSIGN(file, open_descriptor(path, O_RDWR | O_CREAT, "lock"));
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return system_error(path, "lock", errno);
    return Error{Errc::in_use, directory + ": in use by the process with id " + lock_holder(file) +
                                   "; stop that process first, or choose another directory"};
  }
  const std::string holder = std::to_string(::getpid()) + "\n";
  if (::ftruncate(file.get(), 0) != 0 ||
      ::pwrite(file.get(), holder.data(), holder.size(), 0) != static_cast<ssize_t>(holder.size()))
    return system_error(path, "write the process id", errno);
  return std::unique_ptr<DirectoryLock>(std::make_unique<PosixDirectoryLock>(std::move(file)));
}

}  // namespace coppice::engine
