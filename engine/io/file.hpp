// What the engine asks of a file system. io/posix_file.hpp is the real one; tests bring one that misbehaves.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "schema/types.hpp"

namespace coppice::engine {

/// A file being written from front to back in large pieces. Errors name the file, the operation and the system's reason;
/// a full disk is out_of_space, everything else io_error.
/// Threads: one at a time, but sync() may run on another thread than append() between two appends.
class AppendFile {
public:
  virtual ~AppendFile() = default;

  /// Hands the bytes to the operating system: they outlive the process, not the machine.
  virtual Status append(ByteView bytes) = 0;
  /// Durable: on success, every earlier append and the file's size.
  /// Blocks: on the disk.
  virtual Status sync() = 0;
  /// Has the system begin to write to the disk what was appended, and waits until it has written what it began with
  /// the call before. So a large file never leaves much for sync(), its own or that of another file on the disk.
  /// Nothing is durable before sync(), and after an error nothing will be. Blocks: on the disk.
  virtual Status write_back() { return success(); }
  virtual uint64_t size() const = 0;
};

/// A file written from front to back in small pieces, each where it stays: whoever writes it is given the memory
/// in which the next bytes of the file lie, so that a piece costs one copy and no call.
///
///     reserve(n) -> n zeros -> fill them in -> commit(m), m <= n -> the first m are the file's
///
/// Room is made ahead, so behind size() the file holds zeros; a crash may also leave there what was put into
/// memory that was reserved and not committed. Errors are AppendFile's.
/// Threads: one at a time, but sync() may run on another thread while the owner reserves and commits.
class LogFile {
public:
  virtual ~LogFile() = default;

  /// `size` zeros behind the end. On an error the file is as it was, but for zeros behind its end.
  /// Requires: `size` > 0. Lifetime: until the next call but sync().
  virtual Result<char*> reserve(size_t size) = 0;
  /// What is in the first `size` of the bytes reserved is the file's: it outlives the process, not the machine.
  /// Requires: at most what was reserved last.
  virtual Status commit(size_t size) = 0;
  /// Durable: on success, what was committed before. Once it has failed it always fails. Threads: any, also beside
  /// the other calls. Blocks: on the disk.
  virtual Status sync() = 0;
  /// Cuts off the zeros behind the end. Requires: nothing is reserved afterwards.
  virtual Status cut() = 0;
  virtual uint64_t size() const = 0;
};

/// The front of a file that is gone on with: its first `size` bytes. Those from `synced` on may not be on the disk though the system
/// takes them for written: so it is with what a sync could not write, and no later sync would.
struct KeptFront {
  uint64_t size = 0;
  uint64_t synced = 0;
};

/// A file that no longer changes, read anywhere.
/// Threads: any number.
class RandomFile {
public:
  virtual ~RandomFile() = default;

  /// Fills `[target, target + size)` from `offset`. Fewer bytes in the file: corruption, naming the file and
  /// offset. Blocks: on the disk.
  virtual Status read(uint64_t offset, size_t size, char* target) const = 0;
  /// As far as is known, read() would not wait for the disk. False is no more than a guess.
  virtual bool is_in_memory(uint64_t /*offset*/, size_t /*size*/) const { return false; }
  /// Has the system begin to bring from the disk what is not in memory, for a read() soon; waits for none of it. What cannot
  /// be brought, that read() tells.
  virtual void will_read(uint64_t /*offset*/, size_t /*size*/) const {}
  /// Begins to load what is in memory, for a read() soon.
  virtual void prefetch(uint64_t /*offset*/, size_t /*size*/) const {}
  virtual uint64_t size() const = 0;
  virtual const std::string& name() const = 0;
};

/// One of several reads; `status` is what RandomFile::read would return.
struct FileRead {
  const RandomFile* file = nullptr;
  uint64_t offset = 0;
  size_t size = 0;
  char* target = nullptr;
  Status status;
};

/// Keeps a directory ours until it is destroyed or the process ends.
class DirectoryLock {
public:
  virtual ~DirectoryLock() = default;
};

/// Paths are whole paths. A missing file is not_found.
/// Threads: any.
class FileSystem {
public:
  virtual ~FileSystem() = default;

  /// Creates an empty file, replacing one of that name.
  virtual Result<std::unique_ptr<AppendFile>> create(const std::string& path) = 0;
  virtual Result<std::unique_ptr<LogFile>> create_log(const std::string& path) = 0;
  /// Opens an existing file to go on behind what is kept of it; the rest is cut off. What is kept and may not be on the disk is
  /// written once more, as it is, so that the next sync makes all of it durable.
  virtual Result<std::unique_ptr<LogFile>> reopen_log(const std::string& path, const KeptFront& kept) = 0;
  virtual Result<std::unique_ptr<RandomFile>> open(const std::string& path) = 0;
  /// Reads of files that this file system opened, all at once where it can. Blocks: on the disk, until all are done.
  virtual void read_all(std::span<FileRead> reads);

  /// Names, not paths, in no order, without . and ..
  virtual Result<std::vector<std::string>> list(const std::string& directory) = 0;
  virtual Result<bool> exists(const std::string& path) = 0;
  virtual Status rename(const std::string& source, const std::string& target) = 0;
  /// A second name for the same file; of a symbolic link, for the file that it leads to.
  virtual Status link(const std::string& source, const std::string& target) = 0;
  /// Durable: on success, what whoever wrote the file appended to it. Requires: nobody writes it now. Blocks: on the disk.
  virtual Status sync_file(const std::string& path) = 0;
  virtual Status remove(const std::string& path) = 0;
  /// A directory with all in it; none of that name is success.
  virtual Status remove_tree(const std::string& directory) = 0;
  /// With its parents; one that exists is success.
  virtual Status make_directory(const std::string& directory) = 0;
  /// In one that is there, not_found otherwise; one that exists is success. So nothing arises anew that has just vanished.
  virtual Status make_child_directory(const std::string& directory) = 0;
  /// Durable: on success, every creation, rename, link and removal in the directory.
  virtual Status sync_directory(const std::string& directory) = 0;

  /// `in_use`, with the holder's process id, if another process holds it.
  virtual Result<std::unique_ptr<DirectoryLock>> lock(const std::string& directory) = 0;
};

/// The corruption that RandomFile::read returns where `path` ends at `end`, before `[offset, offset + size)`
/// does.
Error short_read(const std::string& path, uint64_t offset, uint64_t size, uint64_t end);

/// Reads a whole file of at most `size_max` bytes; a larger one is corruption.
Result<Bytes> read_file(FileSystem& files, const std::string& path, size_t size_max);

/// Makes the directory, and the parents that are not there. Durable: on success, the names of all that it made. Blocks: on the disk.
Status make_durable_directory(FileSystem& files, const std::string& directory);

/// Replaces a file so that a crash leaves the old or the new content: writes `path`.new, syncs, renames,
/// syncs the directory.
Status replace_file(FileSystem& files, const std::string& path, ByteView content);

}  // namespace coppice::engine
