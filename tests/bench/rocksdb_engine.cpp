#include <algorithm>

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include "tests/bench/engine.hpp"

namespace coppice::bench {
namespace {

void require(const rocksdb::Status& status) {
  if (!status.ok()) give_up("rocksdb: " + status.ToString());
}

rocksdb::Slice slice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

class RocksEngine : public Engine {
public:
  explicit RocksEngine(std::unique_ptr<rocksdb::DB> db) : db_(std::move(db)) {}

  void put(std::string_view key, std::string_view value, bool sync) override {
    rocksdb::WriteOptions options;
    options.sync = sync;
    require(db_->Put(options, slice(key), slice(value)));
  }
  void remove(std::string_view key) override { require(db_->Delete({}, slice(key))); }
  void write(const std::vector<Pair>& pairs) override {
    rocksdb::WriteBatch batch;
    for (const auto& [key, value] : pairs) require(batch.Put(slice(key), slice(value)));
    require(db_->Write({}, &batch));
  }
  void remove(const std::vector<std::string_view>& keys) override {
    rocksdb::WriteBatch batch;
    for (const std::string_view key : keys) require(batch.Delete(slice(key)));
    require(db_->Write({}, &batch));
  }
  bool ingest(const std::string& file, const NextPair& next) override {
    rocksdb::SstFileWriter writer(rocksdb::EnvOptions(), db_->GetOptions());
    require(writer.Open(file));
    for (Pair pair; next(pair);) require(writer.Put(slice(pair.first), slice(pair.second)));
    require(writer.Finish());
    // As ours is read whole before it is taken in.
    rocksdb::IngestExternalFileOptions options;
    options.move_files = true;
    options.verify_checksums_before_ingest = true;
    require(db_->IngestExternalFile({file}, options));
    return true;
  }
  bool get(std::string_view key) override {
    // Pins the block instead of copying the value, as its documentation advises.
    thread_local rocksdb::PinnableSlice found;
    const rocksdb::Status status = db_->Get(read_, db_->DefaultColumnFamily(), slice(key), &found);
    if (status.IsNotFound()) return false;
    require(status);
    touch(found.ToStringView());
    found.Reset();
    return true;
  }
  uint64_t get_many(std::span<const std::string_view> keys) override {
    std::vector<rocksdb::Slice> slices(keys.size());
    std::transform(keys.begin(), keys.end(), slices.begin(), slice);
    std::vector<rocksdb::PinnableSlice> values(keys.size());
    std::vector<rocksdb::Status> statuses(keys.size());
    db_->MultiGet(read_, db_->DefaultColumnFamily(), keys.size(), slices.data(), values.data(),
                  statuses.data());
    uint64_t found = 0;
    for (size_t i = 0; i < keys.size(); ++i) {
      if (statuses[i].IsNotFound()) continue;
      require(statuses[i]);
      touch(values[i].ToStringView());
      ++found;
    }
    return found;
  }
  uint64_t scan(std::string_view from, uint64_t count) override {
    const std::unique_ptr<rocksdb::Iterator> iterator(db_->NewIterator(read_));
    uint64_t seen = 0;
    for (iterator->Seek(slice(from)); seen < count && iterator->Valid(); iterator->Next(), ++seen) {
      touch(iterator->key().ToStringView());
      touch(iterator->value().ToStringView());
    }
    require(iterator->status());
    return seen;
  }
  uint64_t scan_back(std::string_view from, uint64_t count) override {
    const std::unique_ptr<rocksdb::Iterator> iterator(db_->NewIterator(read_));
    if (from.empty()) {
      iterator->SeekToLast();
    } else {
      // The last key before `from`: it may not be there itself, for it is no key of ours.
      iterator->SeekForPrev(slice(from));
      if (iterator->Valid() && iterator->key() == slice(from)) iterator->Prev();
    }
    uint64_t seen = 0;
    for (; seen < count && iterator->Valid(); iterator->Prev(), ++seen) {
      touch(iterator->key().ToStringView());
      touch(iterator->value().ToStringView());
    }
    require(iterator->status());
    return seen;
  }
  bool first(std::string& key) override {
    const std::unique_ptr<rocksdb::Iterator> iterator(db_->NewIterator(read_));
    iterator->SeekToFirst();
    require(iterator->status());
    if (!iterator->Valid()) return false;
    key = iterator->key().ToStringView();
    return true;
  }
  void settle() override {
    rocksdb::CompactRangeOptions options;
    options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForceOptimized;
    require(db_->CompactRange(options, nullptr, nullptr));
  }

private:
  const rocksdb::ReadOptions read_;
  std::unique_ptr<rocksdb::DB> db_;
};

}  // namespace

std::unique_ptr<Engine> open_rocksdb(const std::string& directory, const Settings& settings) {
  // What its documentation advises for speed, as far as it was faster here: a cache without locks, and hashes in blocks.
  rocksdb::BlockBasedTableOptions table;
  table.block_cache =
      rocksdb::HyperClockCacheOptions(settings.cache_size, table.block_size).MakeSharedCache();
  table.data_block_index_type = rocksdb::BlockBasedTableOptions::kDataBlockBinaryAndHash;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  rocksdb::Options options;
  options.create_if_missing = true;
  options.compression = rocksdb::kNoCompression;
  options.write_buffer_size = settings.write_buffer_size;
  options.level_compaction_dynamic_level_bytes = true;
  if (settings.value_threshold > 0) {
    options.enable_blob_files = true;
    options.min_blob_size = settings.value_threshold;
    options.enable_blob_garbage_collection = true;
  }
  // Twice as fast where blocks are read again and again from the system's cache, and slower where its own cache has them.
  options.allow_mmap_reads = !settings.cache_holds_all;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  rocksdb::DB* db = nullptr;
  require(rocksdb::DB::Open(options, directory, &db));
  return std::make_unique<RocksEngine>(std::unique_ptr<rocksdb::DB>(db));
}

}  // namespace coppice::bench
