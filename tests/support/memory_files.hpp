// The files of a MemoryFileSystem. Only memory_file_system.cpp and memory_misfortune.cpp include this.
#pragma once

#include <algorithm>

#include "engine/base/random.hpp"
#include "tests/support/memory_file_system.hpp"

namespace coppice::engine {

struct MemoryFileSystem::Node {
  bool is_directory = false;
  Bytes content = {};
  Bytes durable = {};
  /// Once a sync has failed: what the system takes for written since then.
  std::optional<Bytes> clean = {};

  void sync() {
    if (!clean) {
      durable = content;
      return;
    }
    durable.resize(content.size(), '\0');
    for (size_t i = 0; i < content.size(); ++i)
      if (i >= clean->size() || (*clean)[i] != content[i]) durable[i] = content[i];
    clean = content;
  }
  void fail_sync() { clean = content; }
  /// What the system takes for written and is not on the disk is no longer in memory either.
  void forget_unwritten() {
    if (!clean) return;
    for (size_t i = 0; i < std::min(content.size(), clean->size()); ++i)
      if ((*clean)[i] == content[i]) content[i] = i < durable.size() ? durable[i] : '\0';
    clean.reset();
  }
  /// `[begin, end)` was written, be it with what was there before.
  void was_written(size_t begin, size_t end) {
    if (!clean) return;
    for (size_t i = begin; i < std::min(end, clean->size()); ++i)
      (*clean)[i] = static_cast<char>(~content[i]);
  }
  void cut(size_t size) {
    content.resize(size);
    if (clean) clean->resize(std::min(size, clean->size()));
  }
};

inline bool is_root(const std::string& path) { return path == "/" || path == "." || path.empty(); }

inline Error failure(Errc code, const std::string& path, const char* operation, const char* reason) {
  return Error{code, path + ": cannot " + operation + ": " + reason};
}

/// What a disk may hold of a file that was synced as `durable` and is `content` when the power goes.
inline Bytes torn(const Bytes& content, const Bytes& durable, Random& random) {
  const auto differ = std::mismatch(content.begin(), content.end(), durable.begin(), durable.end());
  const auto same = static_cast<size_t>(differ.first - content.begin());
  // What changed up to here may have reached the disk; of the size either.
  const size_t reached = same + random.below(content.size() - same + 1);
  Bytes kept = durable;
  kept.resize(random.one_in(2) ? std::max(reached, std::min(durable.size(), content.size()))
                               : content.size());
  // In pieces of any size down to a few bytes, in any order, or in their own.
  const size_t piece = size_t{1} << random.below(10);
  const bool in_order = random.one_in(2);
  for (size_t begin = same; begin < kept.size() && begin < reached; begin += piece)
    if (in_order || random.one_in(2))
      content.copy(&kept[begin], std::min({piece, kept.size() - begin, reached - begin}), begin);
  // A cut that was not synced may not have happened.
  return content.size() < durable.size() && random.one_in(2) ? durable : kept;
}

class MemoryFileSystem::Appended final : public AppendFile {
public:
  Appended(MemoryFileSystem& files, std::shared_ptr<Node> node, std::string path)
      : files_(files), node_(std::move(node)), path_(std::move(path)) {}

  Status append(ByteView bytes) override {
    const std::lock_guard guard(files_.mutex_);
    Status status = files_.begin_operation(path_, "append");
    size_t written = bytes.size();
    if (!status.ok()) {
      written = files_.part_written(bytes.size());
    } else if (bytes.size() > files_.room_) {
      written = files_.room_;
      status = failure(Errc::out_of_space, path_, "append", "no space left");
    }
    node_->content.append(bytes.substr(0, written));
    if (files_.room_ != UINT64_MAX) files_.room_ -= std::min<uint64_t>(files_.room_, written);
    return status;
  }

  Status sync() override {
    const std::lock_guard guard(files_.mutex_);
    return files_.sync(*node_, path_);
  }

  uint64_t size() const override {
    const std::lock_guard guard(files_.mutex_);
    return node_->content.size();
  }

private:
  MemoryFileSystem& files_;
  const std::shared_ptr<Node> node_;
  const std::string path_;
};

/// What is reserved lies apart until it is committed: nothing else looks at it before.
class MemoryFileSystem::Logged final : public LogFile {
public:
  Logged(MemoryFileSystem& files, std::shared_ptr<Node> node, std::string path)
      : files_(files), node_(std::move(node)), path_(std::move(path)), size_(node_->content.size()) {}

  Result<char*> reserve(size_t size) override {
    const std::lock_guard guard(files_.mutex_);
    Status status = files_.begin_operation(path_, "append");
    size_t grown = 0;
    if (size > node_->content.size() - size_) grown = size + kChunkSize;
    if (!status.ok()) {
      grown = files_.part_written(grown);
    } else if (grown > files_.room_ || files_.room_ == 0) {
      grown = std::min<uint64_t>(grown, files_.room_);
      status = failure(Errc::out_of_space, path_, "append", "no space left");
    }
    node_->content.append(grown, '\0');
    if (files_.room_ != UINT64_MAX) files_.room_ -= grown;
    COPPICE_TRY(status);
    reserved_.assign(size, '\0');
    return reserved_.data();
  }

  Status commit(size_t size) override {
    const std::lock_guard guard(files_.mutex_);
    COPPICE_CHECK(size <= reserved_.size());
    const Status status = files_.begin_operation(path_, "append");
    if (!status.ok()) size = files_.part_written(size);
    reserved_.copy(&node_->content[size_], size);
    reserved_.clear();
    node_->was_written(size_, size_ + size);
    if (status.ok()) size_ += size;
    return status;
  }

  Status sync() override {
    const std::lock_guard guard(files_.mutex_);
    return files_.sync(*node_, path_);
  }

  Status cut() override {
    const std::lock_guard guard(files_.mutex_);
    COPPICE_TRY(files_.begin_operation(path_, "cut"));
    node_->cut(size_);
    return success();
  }

  uint64_t size() const override { return size_; }

private:
  static constexpr size_t kChunkSize = 1000;

  MemoryFileSystem& files_;
  const std::shared_ptr<Node> node_;
  const std::string path_;
  size_t size_;
  Bytes reserved_;
};

class MemoryFileSystem::Opened final : public RandomFile {
public:
  Opened(MemoryFileSystem& files, std::shared_ptr<Node> node, std::string path)
      : files_(files), node_(std::move(node)), path_(std::move(path)), size_(node_->content.size()) {}

  Status read(uint64_t offset, size_t size, char* target) const override {
    const std::lock_guard guard(files_.mutex_);
    COPPICE_TRY(files_.begin_operation(path_, "read"));
    const Bytes& content = node_->content;
    if (offset > content.size() || size > content.size() - offset)
      return short_read(path_, offset, size, content.size());
    content.copy(target, size, static_cast<size_t>(offset));
    files_.misread_if_due(path_, offset, size, target);
    files_.bytes_read_ += size;
    return success();
  }

  uint64_t size() const override { return size_; }
  const std::string& name() const override { return path_; }

private:
  MemoryFileSystem& files_;
  const std::shared_ptr<Node> node_;
  const std::string path_;
  const uint64_t size_;
};

}  // namespace coppice::engine
