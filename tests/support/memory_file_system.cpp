#include "tests/support/memory_file_system.hpp"

#include <algorithm>

#include "engine/io/file_names.hpp"
#include "tests/support/memory_files.hpp"

namespace coppice::engine {

namespace {

/// Of the names under a directory, in a map of paths.
template <class Names>
void erase_under(Names& names, const std::string& directory) {
  names.erase(names.lower_bound(directory + "/"), names.lower_bound(directory + "0"));
}
static_assert('/' + 1 == '0');

}  // namespace

class MemoryFileSystem::Lock final : public DirectoryLock {
public:
  Lock(MemoryFileSystem& files, std::string directory) : files_(files), directory_(std::move(directory)) {}
  ~Lock() override {
    const std::lock_guard guard(files_.mutex_);
    // After a crash somebody else may hold it.
    const auto held = files_.locks_.find(directory_);
    if (held != files_.locks_.end() && held->second == this) files_.locks_.erase(held);
  }

private:
  MemoryFileSystem& files_;
  const std::string directory_;
};

MemoryFileSystem::MemoryFileSystem() = default;
MemoryFileSystem::~MemoryFileSystem() = default;

Bytes MemoryFileSystem::content(const std::string& path) const {
  const std::lock_guard guard(mutex_);
  const std::shared_ptr<Node> node = find(path);
  COPPICE_CHECK(node != nullptr);
  return node->content;
}

void MemoryFileSystem::set_content(const std::string& path, ByteView content) {
  const std::lock_guard guard(mutex_);
  const std::shared_ptr<Node> node = find(path);
  COPPICE_CHECK(node != nullptr);
  node->content = content;
  node->durable = content;
  node->clean.reset();
}

void MemoryFileSystem::flip_bit(const std::string& path, uint64_t bit) {
  Bytes damaged = content(path);
  COPPICE_CHECK(bit / 8 < damaged.size());
  damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
  set_content(path, damaged);
}

Result<std::unique_ptr<AppendFile>> MemoryFileSystem::create(const std::string& path) {
  const std::lock_guard guard(mutex_);
  COPPICE_TRY_ASSIGN(node, make_file(path));
  return std::unique_ptr<AppendFile>(std::make_unique<Appended>(*this, node, path));
}

Result<std::unique_ptr<LogFile>> MemoryFileSystem::create_log(const std::string& path) {
  const std::lock_guard guard(mutex_);
  COPPICE_TRY_ASSIGN(node, make_file(path));
  return std::unique_ptr<LogFile>(std::make_unique<Logged>(*this, node, path));
}

Result<std::unique_ptr<LogFile>> MemoryFileSystem::reopen_log(const std::string& path,
                                                              const KeptFront& kept) {
  const std::lock_guard guard(mutex_);
  COPPICE_TRY(begin_operation(path, "open"));
  COPPICE_TRY_ASSIGN(node, find_file(path, "open"));
  if (node->content.size() < kept.size) return short_read(path, 0, kept.size, node->content.size());
  node->cut(static_cast<size_t>(kept.size));
  node->was_written(static_cast<size_t>(kept.synced), static_cast<size_t>(kept.size));
  return std::unique_ptr<LogFile>(std::make_unique<Logged>(*this, node, path));
}

Result<std::unique_ptr<RandomFile>> MemoryFileSystem::open(const std::string& path) {
  const std::lock_guard guard(mutex_);
  COPPICE_TRY(begin_operation(path, "open"));
  COPPICE_TRY_ASSIGN(node, find_file(path, "open"));
  return std::unique_ptr<RandomFile>(std::make_unique<Opened>(*this, node, path));
}

Result<std::vector<std::string>> MemoryFileSystem::list(const std::string& directory) {
  const std::lock_guard guard(mutex_);
  COPPICE_TRY(begin_operation(directory, "list"));
  COPPICE_TRY(check_parent(join_path(directory, "x"), "list"));
  std::vector<std::string> names;
  const std::string front = directory == "/" ? "/" : is_root(directory) ? "" : directory + "/";
  for (auto at = names_.lower_bound(front); at != names_.end() && at->first.starts_with(front); ++at)
    if (at->first.find('/', front.size()) == std::string::npos)
      names.push_back(at->first.substr(front.size()));
  return names;
}

Result<bool> MemoryFileSystem::exists(const std::string& path) {
  const std::lock_guard guard(mutex_);
  COPPICE_TRY(begin_operation(path, "look up"));
  if (const Status parent = check_parent(path, "look up"); !parent.ok()) {
    if (parent.error().code == Errc::not_found) return false;
    return parent.error();
  }
  return is_root(path) || find(path) != nullptr;
}

Status MemoryFileSystem::rename(const std::string& source, const std::string& target) {
  const std::lock_guard guard(mutex_);
  COPPICE_TRY(begin_operation(source, "rename"));
  COPPICE_TRY(check_parent(target, "rename"));
  // The engine renames files only, so nothing here moves what lies in a directory.
  COPPICE_TRY_ASSIGN(node, find_file(source, "rename"));
  if (source != target) apply({{source, nullptr}, {target, node}});
  return success();
}

Status MemoryFileSystem::link(const std::string& source, const std::string& target) {
  const std::lock_guard guard(mutex_);
  COPPICE_TRY(begin_operation(source, "link"));
  COPPICE_TRY(check_parent(target, "link"));
  COPPICE_TRY_ASSIGN(node, find_file(source, "link"));
  if (find(target)) return failure(Errc::io_error, target, "link", "exists already");
  apply({{target, node}});
  return success();
}

Status MemoryFileSystem::sync_file(const std::string& path) {
  const std::lock_guard guard(mutex_);
  const auto node = find_file(path, "sync");
  if (node.ok()) return sync(**node, path);
  COPPICE_TRY(begin_operation(path, "sync"));
  return node.status();
}

Status MemoryFileSystem::remove(const std::string& path) {
  const std::lock_guard guard(mutex_);
  COPPICE_TRY(begin_operation(path, "remove"));
  COPPICE_TRY(find_file(path, "remove").status());
  apply({{path, nullptr}});
  return success();
}

Status MemoryFileSystem::remove_tree(const std::string& directory) {
  const std::lock_guard guard(mutex_);
  COPPICE_TRY(begin_operation(directory, "remove"));
  // What lies deeper goes first, each in a change of its own: a crash may leave any part.
  std::vector<std::string> paths;
  for (const auto& [path, name] : names_)
    if (path == directory || path.starts_with(directory + "/")) paths.push_back(path);
  for (auto path = paths.rbegin(); path != paths.rend(); ++path) apply({{*path, nullptr}});
  return success();
}

Status MemoryFileSystem::make_directory(const std::string& directory) {
  const std::lock_guard guard(mutex_);
  COPPICE_TRY(begin_operation(directory, "make the directory"));
  for (size_t slash = directory.find('/', 1);; slash = directory.find('/', slash + 1)) {
    const std::string path = directory.substr(0, slash);
    const std::shared_ptr<Node> node = find(path);
    if (node && !node->is_directory)
      return failure(Errc::io_error, path, "make the directory", "a file stands where a directory should be");
    if (!node && !is_root(path)) apply({{path, std::make_shared<Node>(Node{.is_directory = true})}});
    if (slash == std::string::npos) return success();
  }
}

Status MemoryFileSystem::make_child_directory(const std::string& directory) {
  const std::lock_guard guard(mutex_);
  COPPICE_TRY(begin_operation(directory, "make the directory"));
  COPPICE_TRY(check_parent(directory, "make the directory"));
  const std::shared_ptr<Node> node = find(directory);
  if (node && !node->is_directory)
    return failure(Errc::io_error, directory, "make the directory",
                   "a file stands where a directory should be");
  if (!node) apply({{directory, std::make_shared<Node>(Node{.is_directory = true})}});
  return success();
}

Status MemoryFileSystem::sync_directory(const std::string& directory) {
  const std::lock_guard guard(mutex_);
  COPPICE_TRY(begin_operation(directory, "sync the directory"));
  COPPICE_TRY(check_parent(join_path(directory, "x"), "sync the directory"));
  for (size_t i = 0; i < pending_.size();) {
    const Change change = pending_[i];
    if (std::none_of(change.begin(), change.end(),
                     [&](const auto& name) { return parent_directory(name.first) == directory; })) {
      ++i;
      continue;
    }
    apply_to(durable_names_, change);
    pending_.erase(pending_.begin() + static_cast<std::ptrdiff_t>(i));
    // What waited in other directories under the same names was overtaken.
    for (size_t earlier = 0; earlier < i; ++earlier) {
      for (const auto& [path, name] : change) {
        pending_[earlier].erase(path);
        if (!name.node) erase_under(pending_[earlier], path);
      }
    }
  }
  return success();
}

Result<std::unique_ptr<DirectoryLock>> MemoryFileSystem::lock(const std::string& directory) {
  const std::lock_guard guard(mutex_);
  const std::string path = join_path(directory, kLockName);
  COPPICE_TRY(begin_operation(path, "lock"));
  COPPICE_TRY(check_parent(path, "lock"));
  if (locks_.contains(directory))
    return Error{Errc::in_use, directory + ": in use by the process with id 1; stop that process first"};
  if (!find(path)) apply({{path, std::make_shared<Node>()}});
  auto lock = std::make_unique<Lock>(*this, directory);
  locks_[directory] = lock.get();
  return std::unique_ptr<DirectoryLock>(std::move(lock));
}

Result<std::shared_ptr<MemoryFileSystem::Node>> MemoryFileSystem::make_file(const std::string& path) {
  COPPICE_TRY(begin_operation(path, "create"));
  COPPICE_TRY(check_parent(path, "create"));
  const std::shared_ptr<Node> old = find(path);
  if (old && old->is_directory) return failure(Errc::io_error, path, "create", "is a directory");
  auto node = std::make_shared<Node>();
  apply({{path, node}});
  return node;
}

std::shared_ptr<MemoryFileSystem::Node> MemoryFileSystem::find(const std::string& path) const {
  const auto found = names_.find(path);
  return found == names_.end() ? nullptr : found->second.node;
}

Result<std::shared_ptr<MemoryFileSystem::Node>> MemoryFileSystem::find_file(const std::string& path,
                                                                            const char* operation) const {
  COPPICE_TRY(check_parent(path, operation));
  std::shared_ptr<Node> node = find(path);
  if (!node) return failure(Errc::not_found, path, operation, "no such file");
  if (node->is_directory) return failure(Errc::io_error, path, operation, "is a directory");
  return node;
}

Status MemoryFileSystem::check_parent(const std::string& path, const char* operation) const {
  const std::string parent = parent_directory(path);
  if (is_root(parent)) return success();
  const std::shared_ptr<Node> node = find(parent);
  if (node && node->is_directory) return success();
  if (node) return failure(Errc::io_error, path, operation, "a file stands where a directory should be");
  COPPICE_TRY(check_parent(parent, operation));
  return failure(Errc::not_found, path, operation, "no such directory");
}

void MemoryFileSystem::apply(const Bearers& bearers) {
  Change change;
  for (const auto& [path, node] : bearers) change[path] = {node, find(parent_directory(path))};
  apply_to(names_, change);
  pending_.push_back(std::move(change));
}

void MemoryFileSystem::apply_to(Change& names, const Change& change) {
  for (const auto& [path, name] : change) {
    if (name.node) {
      names[path] = name;
    } else {
      names.erase(path);
    }
  }
}

}  // namespace coppice::engine
