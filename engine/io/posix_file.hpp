// The file system of the machine.
#pragma once

#include "engine/io/file.hpp"

namespace coppice::engine {

/// FileSystem over POSIX calls, without buffers of its own. Small reads of files that no longer change come from mappings;
/// mapped_file.hpp says what that means for a program that handles SIGBUS itself.
///
/// A name that already bears a file is unlinked before create() makes a new one, so that other links of the
/// old file keep their content. A lock is an flock of the file LOCK in the directory, which holds its
/// holder's process id in decimal; the kernel lets go of it when the process ends, however it ends.
///
/// Threads: any.
class PosixFileSystem final : public FileSystem {
public:
  Result<std::unique_ptr<AppendFile>> create(const std::string& path) override;
  Result<std::unique_ptr<LogFile>> create_log(const std::string& path) override;
  Result<std::unique_ptr<LogFile>> reopen_log(const std::string& path, const KeptFront& kept) override;
  Result<std::unique_ptr<RandomFile>> open(const std::string& path) override;
  void read_all(std::span<FileRead> reads) override;

  Result<std::vector<std::string>> list(const std::string& directory) override;
  Result<bool> exists(const std::string& path) override;
  Status rename(const std::string& source, const std::string& target) override;
  Status link(const std::string& source, const std::string& target) override;
  Status sync_file(const std::string& path) override;
  Status remove(const std::string& path) override;
  Status remove_tree(const std::string& directory) override;
  Status make_directory(const std::string& directory) override;
  Status make_child_directory(const std::string& directory) override;
  Status sync_directory(const std::string& directory) override;

  Result<std::unique_ptr<DirectoryLock>> lock(const std::string& directory) override;
};

}  // namespace coppice::engine
