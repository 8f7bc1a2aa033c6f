#include "engine/lookup.hpp"

namespace coppice::engine {
namespace {

/// What was found so far. A source is asked for its range deletes first: in it they may be newer than its
/// version of the key.
class Verdict {
public:
  Verdict(ByteView key, Timestamp at) : key_(key), at_(at) {}

  /// Each returns whether the search is over: behind a source that says something of the key at `at`, all
  /// others are older.
  bool ask(const Memtable& memtable) {
    const Timestamp deleted = memtable.range_deletes().newest_covering(key_, at_);
    const auto entry = memtable.find(key_, at_);
    if (entry && entry->kind == Kind::put && entry->commit >= deleted) value_ = Bytes(entry->value);
    return entry || deleted > kTimestampMin;
  }

  Result<bool> ask(const TableReader& table, const TableReadOptions& options) {
    if (table.meta().oldest > at_ || !table.meta().bounds.contains(key_)) return false;
    COPPICE_TRY_ASSIGN(range_deletes, table.range_deletes(options));
    const Timestamp deleted =
        range_deletes == nullptr ? kTimestampMin : range_deletes->newest_covering(key_, at_);
    COPPICE_TRY_ASSIGN(read, table.get(key_, at_, options));
    if (read.found && read.kind == Kind::put && read.commit >= deleted) value_ = Bytes(read.value);
    return read.found || deleted > kTimestampMin;
  }

  std::optional<Bytes> value() && { return std::move(value_); }

private:
  ByteView key_;
  Timestamp at_;
  std::optional<Bytes> value_;
};

Status ask_tables(const Version& version, ByteView key, const TableReadOptions& options, Verdict& verdict) {
  for (const TableHandle& table : version.level(0)) {
    COPPICE_TRY_ASSIGN(over, verdict.ask(*table, options));
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

Result<std::optional<Bytes>> look_up(const View& view, ByteView key, Timestamp at,
                                     const TableReadOptions& options) {
  Verdict verdict(key, at);
  bool over = verdict.ask(*view.active);
  for (size_t index = 0; !over && index < view.sealed.size(); ++index)
    over = verdict.ask(*view.sealed[index]);
  if (!over) COPPICE_TRY(ask_tables(*view.version, key, options, verdict));
  return std::move(verdict).value();
}

}  // namespace coppice::engine
