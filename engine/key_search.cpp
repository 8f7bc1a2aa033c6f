#include "engine/key_search.hpp"

#include "engine/base/checksum.hpp"
#include "engine/watch/read_work.hpp"

namespace coppice::engine {

KeySearch::KeySearch(const View& view, ByteView key, Timestamp at)
    : view_(view), key_(key), hash_(key_hash(key)), at_(at) {}

void KeySearch::prefetch() const {
  view_.active->prefetch(hash_);
  for (const auto& memtable : view_.sealed) memtable->prefetch(hash_);
}

bool KeySearch::ask_memtables(Bytes& value) {
  if (ask(*view_.active, value)) return true;
  for (const auto& memtable : view_.sealed)
    if (ask(*memtable, value)) return true;
  return false;
}

bool KeySearch::ask(const Memtable& memtable, Bytes& value) {
  if (memtable.empty()) return false;
  const Timestamp deleted = memtable.range_deletes().newest_covering(key_, at_);
  const auto entry = memtable.find(key_, hash_, at_);
  if (entry && entry->kind == Kind::put && entry->commit >= deleted) {
    value.assign(entry->value);
    has_value_ = true;
  }
  return entry || deleted > kTimestampMin;
}

const TableReader* KeySearch::next_table() {
  const std::vector<Version::Run>& runs = view_.version->all_runs();
  while (next_run_ < runs.size()) {
    const TableHandle* const table = Version::find_table(runs[next_run_++], key_);
    if (table != nullptr && (*table)->meta().oldest <= at_) return table_ = table->get();
  }
  return nullptr;
}

Status KeySearch::ask_range_deletes(const TableReadOptions& options) {
  COPPICE_TRY_ASSIGN(range_deletes, table_->range_deletes(options));
  deleted_ = range_deletes == nullptr ? kTimestampMin : range_deletes->newest_covering(key_, at_);
  return success();
}

size_t KeySearch::place() const {
  static_assert(kReadLevelCount == kLevelCount);
  if (!has_value_) return kPlaceNowhere;
  return table_ == nullptr ? kPlaceMemtable : kPlaceLevel0 + level();
}

bool KeySearch::take(const PointRead& read, Bytes& value) {
  if (read.found && read.kind == Kind::put && read.commit >= deleted_) {
    value.assign(read.value);
    has_value_ = true;
  }
  return read.found || deleted_ > kTimestampMin;
}

}  // namespace coppice::engine
