// The machine's file system, but for what lies below one directory when a test says so.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>

#include "engine/io/posix_file.hpp"

namespace coppice::actors {

/// While broken, whatever writes below a path that contains `part` fails with io_error: the disk of one shard. While full, logs
/// there find no more room.
class FailingFiles final : public engine::FileSystem {
public:
  void break_below(const std::string& part) {
    const std::lock_guard lock(mutex_);
    part_ = part;
    failures_ = 0;
  }
  void heal() { break_below(""); }
  void fill_below(const std::string& part) {
    const std::lock_guard lock(mutex_);
    full_part_ = part;
  }
  /// Before each table is begun, on the thread that begins it. To be set while there is no store.
  std::function<void()> before_table;
  int failures() const { return failures_.load(); }

  Result<std::unique_ptr<engine::AppendFile>> create(const std::string& path) override {
    COPPICE_TRY(check(path));
    if (before_table && path.ends_with(".sst")) before_table();
    COPPICE_TRY_ASSIGN(file, real_.create(path));
    return std::unique_ptr<engine::AppendFile>(std::make_unique<File>(*this, path, std::move(file)));
  }
  Result<std::unique_ptr<engine::LogFile>> create_log(const std::string& path) override {
    COPPICE_TRY(check(path));
    COPPICE_TRY_ASSIGN(file, real_.create_log(path));
    return std::unique_ptr<engine::LogFile>(std::make_unique<Log>(*this, path, std::move(file)));
  }
  Result<std::unique_ptr<engine::LogFile>> reopen_log(const std::string& path,
                                                      const engine::KeptFront& kept) override {
    COPPICE_TRY(check(path));
    COPPICE_TRY_ASSIGN(file, real_.reopen_log(path, kept));
    return std::unique_ptr<engine::LogFile>(std::make_unique<Log>(*this, path, std::move(file)));
  }
  Result<std::unique_ptr<engine::RandomFile>> open(const std::string& path) override {
    return real_.open(path);
  }
  Result<std::vector<std::string>> list(const std::string& directory) override {
    return real_.list(directory);
  }
  Result<bool> exists(const std::string& path) override { return real_.exists(path); }
  Status rename(const std::string& source, const std::string& target) override {
    COPPICE_TRY(check(target));
    return real_.rename(source, target);
  }
  Status link(const std::string& source, const std::string& target) override {
    COPPICE_TRY(check(target));
    return real_.link(source, target);
  }
  Status sync_file(const std::string& path) override {
    COPPICE_TRY(check(path));
    return real_.sync_file(path);
  }
  Status remove(const std::string& path) override { return real_.remove(path); }
  Status remove_tree(const std::string& directory) override { return real_.remove_tree(directory); }
  Status make_directory(const std::string& directory) override { return real_.make_directory(directory); }
  Status make_child_directory(const std::string& directory) override {
    return real_.make_child_directory(directory);
  }
  Status sync_directory(const std::string& directory) override {
    COPPICE_TRY(check(directory));
    return real_.sync_directory(directory);
  }
  Result<std::unique_ptr<engine::DirectoryLock>> lock(const std::string& directory) override {
    return real_.lock(directory);
  }

private:
  class File final : public engine::AppendFile {
  public:
    File(FailingFiles& files, std::string path, std::unique_ptr<engine::AppendFile> real)
        : files_(files), path_(std::move(path)), real_(std::move(real)) {}
    Status append(ByteView bytes) override { return real_->append(bytes); }
    Status sync() override {
      COPPICE_TRY(files_.check(path_));
      return real_->sync();
    }
    uint64_t size() const override { return real_->size(); }

  private:
    FailingFiles& files_;
    const std::string path_;
    const std::unique_ptr<engine::AppendFile> real_;
  };

  class Log final : public engine::LogFile {
  public:
    Log(FailingFiles& files, std::string path, std::unique_ptr<engine::LogFile> real)
        : files_(files), path_(std::move(path)), real_(std::move(real)) {}
    Result<char*> reserve(size_t size) override {
      COPPICE_TRY(files_.check_room(path_));
      return real_->reserve(size);
    }
    Status commit(size_t size) override { return real_->commit(size); }
    Status sync() override {
      COPPICE_TRY(files_.check(path_));
      return real_->sync();
    }
    Status cut() override { return real_->cut(); }
    uint64_t size() const override { return real_->size(); }

  private:
    FailingFiles& files_;
    const std::string path_;
    const std::unique_ptr<engine::LogFile> real_;
  };

  Status check(const std::string& path) {
    const std::lock_guard lock(mutex_);
    if (part_.empty() || path.find(part_) == std::string::npos) return success();
    ++failures_;
    return Error{Errc::io_error, path + ": the test's disk is broken"};
  }

  Status check_room(const std::string& path) {
    const std::lock_guard lock(mutex_);
    if (full_part_.empty() || path.find(full_part_) == std::string::npos) return success();
    return Error{Errc::out_of_space, path + ": the test's disk is full"};
  }

  engine::PosixFileSystem real_;
  std::mutex mutex_;
  std::string part_;
  std::string full_part_;
  std::atomic<int> failures_{0};
};

}  // namespace coppice::actors
