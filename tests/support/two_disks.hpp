// A file system in which what lies below one directory is on a disk of its own.
#pragma once

#include <algorithm>
#include <atomic>

#include "engine/io/file.hpp"
#include "engine/io/file_names.hpp"

namespace coppice::engine {

/// Nothing is linked or renamed from one disk to the other. The second one may be full, or not mounted: then its directory is an
/// empty one of the first disk, and whatever is made in there is counted, as nobody would look for it there.
/// Threads: any, but for set_room() and mount().
class TwoDisks final : public FileSystem {
public:
  /// Lifetime: `files` outlives it. Requires: `second` is a directory there.
  TwoDisks(FileSystem& files, std::string second) : files_(files), second_(std::move(second)) {}

  /// On the second disk, for all that is appended from now on.
  void set_room(uint64_t bytes) { room_ = bytes; }
  void mount(bool mounted) { mounted_ = mounted; }
  uint64_t made_unmounted() const { return made_unmounted_; }

  Result<std::unique_ptr<AppendFile>> create(const std::string& path) override {
    COPPICE_TRY(check_made(path));
    COPPICE_TRY_ASSIGN(file, files_.create(path));
    if (!is_second(path)) return file;
    return std::unique_ptr<AppendFile>(std::make_unique<Bounded>(*this, path, std::move(file)));
  }
  Result<std::unique_ptr<LogFile>> create_log(const std::string& path) override {
    COPPICE_TRY(check_made(path));
    return files_.create_log(path);
  }
  Result<std::unique_ptr<LogFile>> reopen_log(const std::string& path, const KeptFront& kept) override {
    COPPICE_TRY(check(path));
    return files_.reopen_log(path, kept);
  }
  Result<std::unique_ptr<RandomFile>> open(const std::string& path) override {
    COPPICE_TRY(check(path));
    return files_.open(path);
  }
  void read_all(std::span<FileRead> reads) override { files_.read_all(reads); }
  Result<std::vector<std::string>> list(const std::string& directory) override {
    if (!mounted_ && directory == second_) return std::vector<std::string>();
    COPPICE_TRY(check(directory));
    return files_.list(directory);
  }
  Result<bool> exists(const std::string& path) override {
    if (!mounted_ && is_second(path)) return path == second_;
    return files_.exists(path);
  }
  Status rename(const std::string& source, const std::string& target) override {
    COPPICE_TRY(check_one_disk(source, target));
    return files_.rename(source, target);
  }
  Status link(const std::string& source, const std::string& target) override {
    COPPICE_TRY(check_one_disk(source, target));
    return files_.link(source, target);
  }
  Status sync_file(const std::string& path) override {
    COPPICE_TRY(check(path));
    return files_.sync_file(path);
  }
  Status remove(const std::string& path) override {
    COPPICE_TRY(check(path));
    return files_.remove(path);
  }
  Status remove_tree(const std::string& directory) override {
    COPPICE_TRY(check(directory));
    return files_.remove_tree(directory);
  }
  Status make_directory(const std::string& directory) override {
    if (directory == second_) return files_.make_directory(directory);
    COPPICE_TRY(check_made(directory));
    return files_.make_directory(directory);
  }
  Status make_child_directory(const std::string& directory) override {
    if (directory != second_) COPPICE_TRY(check_made(directory));
    return files_.make_child_directory(directory);
  }
  Status sync_directory(const std::string& directory) override {
    COPPICE_TRY(check(directory));
    return files_.sync_directory(directory);
  }
  Result<std::unique_ptr<DirectoryLock>> lock(const std::string& directory) override {
    COPPICE_TRY(check_made(directory));
    return files_.lock(directory);
  }

private:
  class Bounded final : public AppendFile {
  public:
    Bounded(TwoDisks& disks, std::string path, std::unique_ptr<AppendFile> file)
        : disks_(disks), path_(std::move(path)), file_(std::move(file)) {}

    Status append(ByteView bytes) override {
      uint64_t left = disks_.room_.load();
      do {
        if (left < bytes.size()) return Error{Errc::out_of_space, path_ + ": cannot append: no room"};
      } while (!disks_.room_.compare_exchange_weak(left, left - bytes.size()));
      return file_->append(bytes);
    }
    Status sync() override { return file_->sync(); }
    Status write_back() override { return file_->write_back(); }
    uint64_t size() const override { return file_->size(); }

  private:
    TwoDisks& disks_;
    const std::string path_;
    const std::unique_ptr<AppendFile> file_;
  };

  bool is_second(const std::string& path) const { return path == second_ || path.starts_with(second_ + "/"); }
  Status check(const std::string& path) const {
    if (mounted_ || !is_second(path)) return success();
    return Error{Errc::not_found, path + ": cannot open: no such file"};
  }
  /// Of what is to be made: its directory has to be there.
  Status check_made(const std::string& path) {
    if (mounted_ || !is_second(path)) return success();
    if (parent_directory(path) == second_ || path == second_) ++made_unmounted_;
    return check(path);
  }
  Status check_one_disk(const std::string& source, const std::string& target) const {
    COPPICE_TRY(check(source));
    if (is_second(source) == is_second(target)) return success();
    return Error{Errc::io_error, source + ": cannot link as " + target + ": they are on two disks"};
  }

  FileSystem& files_;
  const std::string second_;
  std::atomic<uint64_t> room_{UINT64_MAX};
  std::atomic<bool> mounted_{true};
  std::atomic<uint64_t> made_unmounted_{0};
};

}  // namespace coppice::engine
