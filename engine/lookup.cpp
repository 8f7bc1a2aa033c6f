#include "engine/lookup.hpp"

#include "engine/base/checksum.hpp"
#include "engine/table/block_io.hpp"

namespace coppice::engine {
namespace {

/// What was found so far. A source is asked for its range deletes first: in it they may be newer than its
/// version of the key.
class Verdict {
public:
  Verdict(ByteView key, Timestamp at, Bytes& value)
      : key_(key), hash_(key_hash(key)), at_(at), value_(value) {}

  /// Each returns whether the search is over: behind a source that says something of the key at `at`, all
  /// others are older.
  bool ask(const Memtable& memtable) {
    if (memtable.empty()) return false;
    const Timestamp deleted = memtable.range_deletes().newest_covering(key_, at_);
    const auto entry = memtable.find(key_, hash_, at_);
    if (entry && entry->kind == Kind::put && entry->commit >= deleted) take(entry->value);
    return entry || deleted > kTimestampMin;
  }

  Result<bool> ask(const TableReader& table, const TableReadOptions& options) {
    if (table.meta().oldest > at_ || !table.meta().bounds.contains(key_)) return false;
    COPPICE_TRY_ASSIGN(range_deletes, table.range_deletes(options));
    const Timestamp deleted =
        range_deletes == nullptr ? kTimestampMin : range_deletes->newest_covering(key_, at_);
    COPPICE_TRY_ASSIGN(read, table.get(key_, hash_, at_, options, buffer_));
    if (read.found && read.kind == Kind::put && read.commit >= deleted) take(read.value);
    return read.found || deleted > kTimestampMin;
  }

  bool has_value() const { return has_value_; }

private:
  void take(ByteView value) {
    value_.assign(value);
    has_value_ = true;
  }

  ByteView key_;
  const uint64_t hash_;
  Timestamp at_;
  Bytes& value_;
  bool has_value_ = false;
  BlockBuffer buffer_;
};

Status ask_tables(const Version& version, ByteView key, const TableReadOptions& options, Verdict& verdict) {
  for (const Version::Level& run : version.runs()) {
    const TableHandle* table = Version::find_table(run, key);
    if (table == nullptr) continue;
    COPPICE_TRY_ASSIGN(over, verdict.ask(**table, options));
    if (over) return success();
  }
  for (uint32_t level = 1; level < kLevelCount; ++level) {
    const TableHandle* table = version.find_table(level, key);
    if (table == nullptr) continue;
    COPPICE_TRY_ASSIGN(over, verdict.ask(**table, options));
    if (over) return success();
  }
  return success();
}

}  // namespace

Result<bool> look_up(const View& view, ByteView key, Timestamp at, const TableReadOptions& options,
                     Bytes& value) {
  Verdict verdict(key, at, value);
  bool over = verdict.ask(*view.active);
  for (size_t index = 0; !over && index < view.sealed.size(); ++index)
    over = verdict.ask(*view.sealed[index]);
  if (!over) COPPICE_TRY(ask_tables(*view.version, key, options, verdict));
  return verdict.has_value();
}

}  // namespace coppice::engine
