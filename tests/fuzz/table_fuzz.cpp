// A table of any bytes, with checksums that are right: walks and reads end inside of it, errors name it, and what a verification takes
// is what walks and reads find.
#include "engine/mend/table_summary.hpp"
#include "engine/table/block_io.hpp"
#include "engine/table/bloom.hpp"
#include "engine/table/table_reader.hpp"
#include "tests/fuzz/mended.hpp"
#include "tests/support/memory_file_system.hpp"
#include "tests/support/vector_cursor.hpp"

namespace coppice::engine {
namespace {

constexpr const char* kPath = "/000013.sst";
constexpr size_t kCacheSize = 1 << 20;
/// Pages may lead to each other, and a walk along them has no end that anyone could wait for.
constexpr size_t kStepsMax = 2000;

void check_error(const Status& status) {
  COPPICE_CHECK(status.ok() || status.error().text.find(kPath) != std::string::npos);
}

class Table {
public:
  Table(FileSystem& files, const TableMeta& meta) : reader_(files, kPath, meta, cache_) {}

  void run() {
    const auto verified = reader_.verify();
    check_error(verified.status());
    const std::vector<OwnedEntry> forward = walk_forward();
    const size_t backward = walk_backward();
    find_all(forward, verified.ok());
    seek_around(forward);
    if (const auto deletes = reader_.range_deletes({}); !deletes.ok()) check_error(deletes.status());
    if (!verified.ok()) return;
    COPPICE_CHECK(forward.size() == std::min(verified->entries, uint64_t{kStepsMax}));
    COPPICE_CHECK(backward == forward.size());
  }

private:
  std::vector<OwnedEntry> walk_forward() {
    std::vector<OwnedEntry> entries;
    const auto cursor = reader_.cursor({});
    for (const Entry* entry = cursor->seek({}); entry != nullptr && entries.size() < kStepsMax;
         entry = cursor->next())
      entries.emplace_back(*entry);
    check_error(cursor->status());
    return entries;
  }
  size_t walk_backward() {
    size_t steps = 0;
    const auto cursor = reader_.cursor({.fill_cache = false});
    for (const Entry* entry = cursor->seek_last(); entry != nullptr && steps < kStepsMax;
         entry = cursor->prev())
      ++steps;
    check_error(cursor->status());
    return steps;
  }
  void find_all(const std::vector<OwnedEntry>& entries, bool whole) {
    BlockBuffer buffer;
    for (size_t i = 0; i < std::min<size_t>(entries.size(), 50); ++i) {
      const OwnedEntry& entry = entries[i];
      const auto got = reader_.get(entry.key, filter_hash(entry.key), Timestamp{entry.commit}, {}, buffer);
      if (!got.ok()) {
        check_error(got.status());
      } else if (whole) {
        COPPICE_CHECK(got->found);
        COPPICE_CHECK(OwnedEntry(entry.key, got->commit.raw, got->kind, Bytes(got->value)) == entry);
      }
    }
  }
  void seek_around(const std::vector<OwnedEntry>& entries) {
    const Bytes middle = entries.empty() ? Bytes("m") : entries[entries.size() / 2].key;
    const auto cursor = reader_.cursor({});
    if (cursor->seek({middle, kTimestampMin}) != nullptr) (void)cursor->prev();
    if (cursor->seek_before({middle, kTimestampMax}) != nullptr) (void)cursor->next();
    check_error(cursor->status());
  }

  BlockCache cache_{kCacheSize};
  TableReader reader_;
};

void read(const Bytes& content) {
  MemoryFileSystem files;
  COPPICE_CHECK(files.create(kPath).ok());
  files.set_content(kPath, content);
  const auto meta = read_summary(files, kPath, 13, {});
  if (!meta.ok()) return check_error(meta.status());
  Table(files, *meta).run();
}

}  // namespace
}  // namespace coppice::engine

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace coppice::engine;
  read_twice(data, size, mend_table, read);
  return 0;
}
