#include <leveldb/cache.h>
#include <leveldb/db.h>
#include <leveldb/filter_policy.h>
#include <leveldb/write_batch.h>

#include "tests/bench/engine.hpp"

namespace coppice::bench {
namespace {

void require(const leveldb::Status& status) {
  if (!status.ok()) give_up("leveldb: " + status.ToString());
}

leveldb::Slice slice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
std::string_view view(leveldb::Slice bytes) { return {bytes.data(), bytes.size()}; }

class LevelEngine : public Engine {
public:
  LevelEngine(const std::string& directory, const Settings& settings)
      : cache_(leveldb::NewLRUCache(settings.cache_size)), filter_(leveldb::NewBloomFilterPolicy(10)) {
    leveldb::Options options;
    options.create_if_missing = true;
    options.compression = leveldb::kNoCompression;
    options.write_buffer_size = settings.write_buffer_size;
    options.block_cache = cache_.get();
    options.filter_policy = filter_.get();
    leveldb::DB* db = nullptr;
    require(leveldb::DB::Open(options, directory, &db));
    db_.reset(db);
    // Checksums are checked on every read, as the others do.
    read_.verify_checksums = true;
  }

  void put(std::string_view key, std::string_view value, bool sync) override {
    leveldb::WriteOptions options;
    options.sync = sync;
    require(db_->Put(options, slice(key), slice(value)));
  }
  void remove(std::string_view key) override { require(db_->Delete({}, slice(key))); }
  void write(const std::vector<Pair>& pairs) override {
    leveldb::WriteBatch batch;
    for (const auto& [key, value] : pairs) batch.Put(slice(key), slice(value));
    require(db_->Write({}, &batch));
  }
  void remove(const std::vector<std::string_view>& keys) override {
    leveldb::WriteBatch batch;
    for (const std::string_view key : keys) batch.Delete(slice(key));
    require(db_->Write({}, &batch));
  }
  bool get(std::string_view key) override {
    thread_local std::string value;
    const leveldb::Status status = db_->Get(read_, slice(key), &value);
    if (status.IsNotFound()) return false;
    require(status);
    touch(value);
    return true;
  }
  uint64_t scan(std::string_view from, uint64_t count) override {
    const std::unique_ptr<leveldb::Iterator> iterator(db_->NewIterator(read_));
    uint64_t seen = 0;
    for (iterator->Seek(slice(from)); seen < count && iterator->Valid(); iterator->Next(), ++seen) {
      touch(view(iterator->key()));
      touch(view(iterator->value()));
    }
    require(iterator->status());
    return seen;
  }
  uint64_t scan_back(std::string_view from, uint64_t count) override {
    const std::unique_ptr<leveldb::Iterator> iterator(db_->NewIterator(read_));
    if (!from.empty()) iterator->Seek(slice(from));
    if (!from.empty() && iterator->Valid()) {
      iterator->Prev();
    } else {
      iterator->SeekToLast();
    }
    uint64_t seen = 0;
    for (; seen < count && iterator->Valid(); iterator->Prev(), ++seen) {
      touch(view(iterator->key()));
      touch(view(iterator->value()));
    }
    require(iterator->status());
    return seen;
  }
  bool first(std::string& key) override {
    const std::unique_ptr<leveldb::Iterator> iterator(db_->NewIterator(read_));
    iterator->SeekToFirst();
    require(iterator->status());
    if (!iterator->Valid()) return false;
    key = view(iterator->key());
    return true;
  }
  void settle() override { db_->CompactRange(nullptr, nullptr); }

private:
  std::unique_ptr<leveldb::Cache> cache_;
  std::unique_ptr<const leveldb::FilterPolicy> filter_;
  leveldb::ReadOptions read_;
  std::unique_ptr<leveldb::DB> db_;
};

}  // namespace

std::unique_ptr<Engine> open_leveldb(const std::string& directory, const Settings& settings) {
  return std::make_unique<LevelEngine>(directory, settings);
}

}  // namespace coppice::bench
