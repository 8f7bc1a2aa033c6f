#include <atomic>
#include <filesystem>

#include <lmdb.h>

#include "tests/bench/engine.hpp"

namespace coppice::bench {
namespace {

void require(int result) {
  if (result != MDB_SUCCESS) give_up(std::string("lmdb: ") + mdb_strerror(result));
}

MDB_val val(std::string_view bytes) { return {bytes.size(), const_cast<char*>(bytes.data())}; }
std::string_view view(const MDB_val& val) { return {static_cast<const char*>(val.mv_data), val.mv_size}; }

/// A memory-mapped B+ tree that is copied on write: no log, no checksums, no cache but the system's. A commit without sync
/// survives `kill -9`; power loss may leave nothing readable, where the others lose their last writes only.
class LmdbEngine : public Engine {
public:
  explicit LmdbEngine(const std::string& directory) {
    std::filesystem::create_directories(directory);
    require(mdb_env_create(&env_));
    require(mdb_env_set_mapsize(env_, kMapSize));
    require(mdb_env_open(env_, directory.c_str(), kBuffered | MDB_NOMEMINIT, 0644));
    Writing writing(env_);
    require(mdb_dbi_open(writing.get(), nullptr, 0, &dbi_));
    writing.commit();
  }
  ~LmdbEngine() override { mdb_env_close(env_); }

  void put(std::string_view key, std::string_view value, bool sync) override {
    if (sync != syncing_) require(mdb_env_set_flags(env_, kBuffered, sync ? 0 : 1));
    syncing_ = sync;
    Writing writing(env_);
    put(writing, key, value);
    writing.commit();
  }
  void remove(std::string_view key) override {
    Writing writing(env_);
    remove(writing, key);
    writing.commit();
  }
  void write(const std::vector<Pair>& pairs) override {
    Writing writing(env_);
    for (const auto& [key, value] : pairs) put(writing, key, value);
    writing.commit();
  }
  void remove(const std::vector<std::string_view>& keys) override {
    Writing writing(env_);
    for (const std::string_view key : keys) remove(writing, key);
    writing.commit();
  }
  bool get(std::string_view key) override {
    Reading& reading = Reading::mine(*this);
    MDB_val name = val(key);
    MDB_val value;
    const int result = mdb_get(reading.get(), dbi_, &name, &value);
    if (result != MDB_NOTFOUND) require(result);
    if (result == MDB_SUCCESS) touch(view(value));
    reading.end();
    return result == MDB_SUCCESS;
  }
  uint64_t scan(std::string_view from, uint64_t count) override {
    return walk(from, from.empty() ? MDB_FIRST : MDB_SET_RANGE, MDB_NEXT, count);
  }
  uint64_t scan_back(std::string_view from, uint64_t count) override {
    return walk(from, from.empty() ? MDB_LAST : MDB_SET_RANGE, MDB_PREV, count);
  }
  bool first(std::string& key) override {
    Reading& reading = Reading::mine(*this);
    MDB_val name;
    MDB_val value;
    const int result = mdb_cursor_get(reading.cursor(), &name, &value, MDB_FIRST);
    if (result != MDB_NOTFOUND) require(result);
    if (result == MDB_SUCCESS) key = view(name);
    reading.end();
    return result == MDB_SUCCESS;
  }
  void settle() override {}

private:
  static constexpr size_t kMapSize = size_t{64} << 30;
  static constexpr unsigned kBuffered = MDB_NOSYNC | MDB_NOMETASYNC;

  class Writing {
  public:
    explicit Writing(MDB_env* env) { require(mdb_txn_begin(env, nullptr, 0, &txn_)); }
    MDB_txn* get() { return txn_; }
    void commit() { require(mdb_txn_commit(txn_)); }

  private:
    MDB_txn* txn_ = nullptr;
  };

  /// A transaction and a cursor of one thread, renewed for each read, as its documentation advises.
  class Reading {
  public:
    static Reading& mine(LmdbEngine& engine) {
      thread_local Reading reading;
      reading.begin(engine);
      return reading;
    }
    MDB_txn* get() { return txn_; }
    MDB_cursor* cursor() {
      if (cursor_ == nullptr) {
        require(mdb_cursor_open(txn_, engine_->dbi_, &cursor_));
      } else {
        require(mdb_cursor_renew(txn_, cursor_));
      }
      return cursor_;
    }
    void end() { mdb_txn_reset(txn_); }

  private:
    void begin(LmdbEngine& engine) {
      if (id_ == engine.id_) {
        require(mdb_txn_renew(txn_));
      } else {
        // What belonged to an engine that is gone went with it.
        id_ = engine.id_;
        engine_ = &engine;
        cursor_ = nullptr;
        require(mdb_txn_begin(engine.env_, nullptr, MDB_RDONLY, &txn_));
      }
    }
    uint64_t id_ = 0;
    LmdbEngine* engine_ = nullptr;
    MDB_txn* txn_ = nullptr;
    MDB_cursor* cursor_ = nullptr;
  };

  void put(Writing& writing, std::string_view key, std::string_view value) {
    MDB_val name = val(key);
    MDB_val bytes = val(value);
    require(mdb_put(writing.get(), dbi_, &name, &bytes, 0));
  }
  void remove(Writing& writing, std::string_view key) {
    MDB_val name = val(key);
    const int result = mdb_del(writing.get(), dbi_, &name, nullptr);
    if (result != MDB_NOTFOUND) require(result);
  }
  uint64_t walk(std::string_view from, MDB_cursor_op begin, MDB_cursor_op step, uint64_t count) {
    Reading& reading = Reading::mine(*this);
    MDB_cursor* cursor = reading.cursor();
    MDB_val key = val(from);
    MDB_val value;
    int result = mdb_cursor_get(cursor, &key, &value, begin);
    // Downwards from a key means before it; past the last one, from the last.
    if (step == MDB_PREV && begin == MDB_SET_RANGE) {
      result = mdb_cursor_get(cursor, &key, &value, result == MDB_NOTFOUND ? MDB_LAST : MDB_PREV);
    }
    uint64_t seen = 0;
    while (result == MDB_SUCCESS && seen < count) {
      touch(view(key));
      touch(view(value));
      ++seen;
      result = mdb_cursor_get(cursor, &key, &value, step);
    }
    if (result != MDB_NOTFOUND) require(result);
    reading.end();
    return seen;
  }

  // An address may come again, a number does not.
  static inline std::atomic<uint64_t> opened_{0};
  const uint64_t id_ = ++opened_;
  MDB_env* env_ = nullptr;
  MDB_dbi dbi_ = 0;
  bool syncing_ = false;
};

}  // namespace

std::unique_ptr<Engine> open_lmdb(const std::string& directory, const Settings&) {
  return std::make_unique<LmdbEngine>(directory);
}

}  // namespace coppice::bench
