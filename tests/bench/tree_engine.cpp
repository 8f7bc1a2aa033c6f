#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <optional>
#include <thread>

#include "engine/io/posix_file.hpp"
#include "engine/table/block_cache.hpp"
#include "engine/tree.hpp"
#include "tests/bench/engine.hpp"

namespace coppice::bench {
namespace {

void require(const Status& status) {
  if (!status.ok()) give_up("tree: " + to_string(status.error()));
}

template <class T>
T require(Result<T> result) {
  require(result.status());
  return std::move(result).value();
}

/// Runs jobs one at a time on a thread of its own, as a compactor does for a shard.
class Workshop {
public:
  Workshop() : thread_([this] { work(); }) {}
  ~Workshop() {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  bool busy() const { return busy_; }
  bool has_finished() const { return finished_.load(std::memory_order_acquire); }

  void begin(engine::Job job) {
    {
      const std::lock_guard lock(mutex_);
      job_.emplace(std::move(job));
    }
    busy_ = true;
    changed_.notify_all();
  }

  /// Waits for the job that was begun.
  engine::Job take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return has_finished(); });
    engine::Job job = *std::move(job_);
    job_.reset();
    busy_ = false;
    finished_.store(false, std::memory_order_relaxed);
    return job;
  }

private:
  void work() {
    const std::atomic<bool> cancelled{false};
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return stopped_ || (job_ && !has_finished()); });
      if (stopped_) return;
      lock.unlock();
      job_->run(cancelled);
      lock.lock();
      finished_.store(true, std::memory_order_release);
      changed_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<engine::Job> job_;
  std::atomic<bool> finished_{false};
  bool busy_ = false;     // The owner's.
  bool stopped_ = false;  // Under the mutex.
  std::thread thread_;
};

/// One tree, owned by the writing thread; its flushes and merges on one thread beside it.
class TreeEngine : public Engine {
public:
  TreeEngine(const std::string& directory, const Settings& settings) : cache_(settings.cache_size) {
    const engine::TreeEnv env{files_, cache_, 42};
    engine::TreeOptions options;
    options.memtable_size = settings.write_buffer_size;
    require(engine::Tree::create(env, directory, {}));
    tree_ = require(engine::Tree::open(env, directory, options));
    reader_ = tree_->reader();
    moment_ = tree_->last_commit();
  }
  ~TreeEngine() override {
    if (workshop_.busy()) require(tree_->install(workshop_.take()));
    require(tree_->close());
  }

  void put(std::string_view key, std::string_view value, bool sync) override {
    batch_.clear();
    require(batch_.put(key, value));
    commit(sync ? Durability::synced : Durability::buffered);
  }
  void remove(std::string_view key) override {
    batch_.clear();
    require(batch_.remove(key));
    commit(Durability::buffered);
  }
  void write(const std::vector<Pair>& pairs) override {
    batch_.clear();
    for (const auto& [key, value] : pairs) require(batch_.put(key, value));
    commit(Durability::buffered);
  }
  bool get(std::string_view key, std::string& value) override {
    std::optional<Bytes> found = require(reader_->get(key, {}));
    if (!found) return false;
    value = *std::move(found);
    touch(value);
    return true;
  }
  uint64_t scan(std::string_view from, uint64_t count) override {
    const auto cursor = require(reader_->cursor({}, {}));
    uint64_t seen = 0;
    for (const engine::Item* item = cursor->seek(from); item != nullptr && seen < count;
         item = cursor->next()) {
      touch(item->key);
      touch(item->value);
      ++seen;
    }
    require(cursor->status());
    return seen;
  }
  void settle() override {
    require(tree_->seal_memtable());
    do {
      if (workshop_.busy()) require(tree_->install(workshop_.take()));
      plan();
      if (workshop_.busy()) continue;
      if (std::optional<engine::Job> job = tree_->plan_merge_range({}, {})) workshop_.begin(*std::move(job));
    } while (workshop_.busy());
  }

private:
  void commit(Durability durability) {
    moment_ = Timestamp{moment_.raw + 1};
    while (true) {
      const Status written = tree_->write(batch_, moment_, durability);
      if (written.ok()) break;
      if (written.error().code != Errc::unavailable || !workshop_.busy()) require(written);
      require(tree_->install(workshop_.take()));
      plan();
    }
    const bool full = tree_->memtable_full();
    if (full) require(tree_->seal_memtable());
    // Only a sealed memtable or a finished job makes new work.
    const bool finished = workshop_.busy() && workshop_.has_finished();
    if (finished) require(tree_->install(workshop_.take()));
    if (!workshop_.busy() && (full || finished)) plan();
  }

  void plan() {
    std::optional<engine::Job> job = tree_->plan_flush({});
    if (!job) job = tree_->plan_merge({});
    if (job) workshop_.begin(*std::move(job));
  }

  engine::PosixFileSystem files_;
  engine::BlockCache cache_;
  std::unique_ptr<engine::Tree> tree_;
  std::shared_ptr<engine::TreeReader> reader_;
  engine::Batch batch_;
  Timestamp moment_;
  Workshop workshop_;
};

}  // namespace

std::unique_ptr<Engine> open_tree(const std::string& directory, const Settings& settings) {
  return std::make_unique<TreeEngine>(directory, settings);
}

}  // namespace coppice::bench
