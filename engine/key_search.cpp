#include "engine/key_search.hpp"

#include <utility>

#include "engine/base/checksum.hpp"
#include "engine/watch/read_work.hpp"

namespace coppice::engine {

KeySearch::KeySearch(const View& view, ByteView key, Timestamp at, Expiry& expiry)
    : view_(view), key_(key), hash_(key_hash(key)), read_at_(at), at_(at), expiry_(expiry) {}

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
  const Timestamp deleted = memtable.range_deletes().newest_covering(key_, read_at_);
  for (;;) {
    const auto entry = memtable.find(key_, hash_, at_);
    if (!entry) return deleted > kTimestampMin;
    if (entry->commit < deleted || take_word(entry->kind, entry->commit, entry->value, value)) return true;
  }
}

inline bool KeySearch::take_word(Kind kind, Timestamp commit, ByteView stored, Bytes& value) {
  if (chain_ == nullptr) version_ = commit;
  if (is_remove(kind) || (expires(kind) && expiry_.is_over(stored))) return true;
  if (is_operand(kind)) return !take_operand(stored);
  has_value_ = true;
  if (is_apart(kind)) {
    apart_ = value_ref_of(kind, stored);
  } else if (chain_ == nullptr) {
    value.assign(plain_value(kind, stored));
  } else {
    makes_sense_ = std::exchange(chain_, nullptr)->finish(plain_value(kind, stored), value);
  }
  return true;
}

// Whether there is more to look for.
bool KeySearch::take_operand(ByteView stored) {
  if (chain_ == nullptr) chain_ = std::make_unique<OperandChain>();
  makes_sense_ = chain_->take(stored);
  if (makes_sense_) at_ = Timestamp{chain_->since().raw - 1};
  return makes_sense_;
}

Result<bool> KeySearch::finish(Bytes& value) {
  if (chain_ != nullptr && makes_sense_) {
    const auto base = apart_ ? std::optional<ByteView>(value) : std::nullopt;
    makes_sense_ = std::exchange(chain_, nullptr)->finish(base, value);
    has_value_ = true;
  }
  if (makes_sense_) return has_value_;
  return Error{Errc::corruption, (table_ == nullptr ? std::string("memory") : table_->path()) +
                                     ": an operand of the key " + printable(key_) +
                                     " makes no sense: restore the file, or delete the key"};
}

const TableReader* KeySearch::next_table() {
  const Version& version = *view_.version;
  while (next_run_ < version.all_runs().size()) {
    const TableHandle* const table = version.find_table(next_run_++, key_);
    if (table == nullptr || (*table)->meta().oldest > at_) continue;
    level_ = version.level_of_run(next_run_ - 1);
    return table_ = table->get();
  }
  return nullptr;
}

Status KeySearch::ask_range_deletes(const TableReadOptions& options) {
  COPPICE_TRY_ASSIGN(range_deletes, table_->range_deletes(options));
  deleted_ = range_deletes == nullptr ? kTimestampMin : range_deletes->newest_covering(key_, read_at_);
  return success();
}

size_t KeySearch::place() const {
  static_assert(kReadLevelCount == kLevelCount);
  if (!has_value_) return kPlaceNowhere;
  return table_ == nullptr ? kPlaceMemtable : kPlaceLevel0 + level();
}

bool KeySearch::take(const PointRead& read, Bytes& value) {
  if (!read.found) return deleted_ > kTimestampMin;
  if (read.commit < deleted_ || take_word(read.kind, read.commit, read.value, value)) return true;
  // All before the operand is hidden, or this table may have more.
  if (at_ < deleted_) return true;
  --next_run_;
  return false;
}

}  // namespace coppice::engine
