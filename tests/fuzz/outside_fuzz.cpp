// A file to be ingested, of any bytes with checksums that are right: what is taken is what a program outside may have written, and
// everything else is refused by its name.
#include "engine/ingest/outside_table.hpp"
#include "engine/table/table_reader.hpp"
#include "tests/fuzz/mended.hpp"
#include "tests/support/memory_file_system.hpp"

namespace coppice::engine {
namespace {

constexpr const char* kPath = "/file.sorted";

Status take(FileSystem& files, BlockCache& cache) {
  COPPICE_TRY_ASSIGN(table, read_outside_table(files, kPath, {}));
  COPPICE_TRY(check_outside_table(files, table, cache, {}));
  TableMeta meta = table.meta;
  meta.ingested = meta.oldest = meta.newest = Timestamp{1000};
  const TableReader reader(files, kPath, meta, cache);
  uint64_t count = 0;
  Bytes last;
  const auto cursor = reader.cursor({});
  for (const Entry* entry = cursor->seek({}); entry != nullptr; entry = cursor->next()) {
    COPPICE_CHECK(entry->commit == meta.ingested);
    COPPICE_CHECK(entry->key > last);
    COPPICE_CHECK(meta.bounds.contains(entry->key));
    COPPICE_CHECK(is_remove(entry->kind) ? entry->value.empty()
                                         : is_put(entry->kind) && !is_apart(entry->kind));
    last.assign(entry->key);
    ++count;
  }
  COPPICE_CHECK(cursor->status().ok());
  COPPICE_CHECK(count == meta.entry_count);
  return success();
}

void read(const Bytes& content) {
  MemoryFileSystem files;
  COPPICE_CHECK(files.create(kPath).ok());
  files.set_content(kPath, content);
  BlockCache cache(1 << 20);
  const Status taken = take(files, cache);
  COPPICE_CHECK(taken.ok() || taken.error().text.find(kPath) != std::string::npos);
}

}  // namespace
}  // namespace coppice::engine

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace coppice::engine;
  read_twice(data, size, mend_table, read);
  return 0;
}
