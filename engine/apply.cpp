#include "engine/apply.hpp"

#include "engine/base/checksum.hpp"

namespace coppice::engine {
namespace {

// What is so small is joined whatever it meets.
constexpr size_t kSmallSize = 16;
// So much is copied at most for the sake of one operand.
constexpr size_t kJoinedSizeMax = 1 << 20;

RangeDelete range_delete(const Operation& operation, Timestamp commit) {
  return {Bytes(operation.key), Bytes(operation.value), operation.value.empty(), commit};
}

}  // namespace

/// An operand that sinks through the versions of its key in a memtable, newest first, and takes up those it is joined with.
class Applier::Sinking {
public:
  Sinking(Bytes steps, Timestamp commit) : commit_(commit), since_(commit), steps_(std::move(steps)) {}

  Timestamp commit() const { return commit_; }
  /// What lies below is looked for at this moment.
  Timestamp at() const { return same_batch_ ? commit_ : Timestamp{since_.raw - 1}; }

  /// Nothing lies below, whatever older sources hold.
  void meet_absence() { end_on(std::nullopt); }
  /// Whether to go on with what lies below `entry`.
  bool meet(const Entry& entry) {
    // Of one batch, so the two have one place and become one whatever it costs.
    const bool must = entry.commit == commit_;
    same_batch_ = false;
    if (is_remove(entry.kind)) {
      meet_absence();
    } else if (is_operand(entry.kind)) {
      const std::optional<Operand> below = decode_operand(entry.value);
      COPPICE_CHECK(below);
      COPPICE_CHECK(!must);
      if (!is_worth(below->steps.size())) return false;
      const size_t size_before = steps_.size();
      std::optional<Bytes> joined = join_steps(below->steps, steps_);
      COPPICE_CHECK(joined);
      const bool grew = joined->size() > std::max(size_before, below->steps.size());
      steps_ = *std::move(joined);
      since_ = below->since;
      // Otherwise what it could not be joined with is nothing for the two together either.
      return grew;
    } else if (must || (!expires(entry.kind) && is_worth(entry.value.size()))) {
      if (expires(entry.kind)) expiry_ = entry.value.substr(0, kExpirySize);
      end_on(Bytes(plain_value(entry.kind, entry.value)));
    }
    return false;
  }

  /// Lifetime: the views are of this, and of `key`.
  Entry entry(ByteView key) {
    if (!value_) {
      stored_ = encode_operand({since_, steps_});
      return {key, commit_, Kind::operand, stored_};
    }
    stored_ = expiry_ + *value_;
    return {key, commit_, expiry_.empty() ? Kind::put : Kind::put_that_expires, stored_};
  }

private:
  bool is_worth(size_t size_below) const {
    return size_below <= steps_.size() * 3 / 2 + kSmallSize && size_below + steps_.size() <= kJoinedSizeMax;
  }
  void end_on(std::optional<Bytes> base) {
    COPPICE_CHECK(do_steps(steps_, base));
    value_ = std::move(base);
  }

  const Timestamp commit_;
  Timestamp since_;
  bool same_batch_ = true;
  Bytes steps_;
  /// It has met a value, or the absence of one, and this came of it.
  std::optional<Bytes> value_;
  Bytes expiry_;
  Bytes stored_;
};

void Applier::apply(const Batch& batch, Timestamp commit) {
  if (batch.range_delete_count() > 0) {
    apply_with_range_deletes(batch, commit);
  } else {
    for (Batch::Reader reader(batch); const auto operation = reader.next();) insert(*operation, commit);
  }
  if (!merges_.empty()) sink_merges(commit);
}

void Applier::finish() {
  memtable_.gather(std::span(gathered_).first(count_));
  count_ = 0;
}

void Applier::insert(const Operation& operation, Timestamp commit) {
  if (operation.kind == OperationKind::merge) {
    merges_[operation.key].push_back(step_of(operation));
    return;
  }
  if (!merges_.empty()) merges_.erase(operation.key);
  gathered_[count_++] = {operation.key, commit, kind_of(operation), operation.value};
  if (count_ == kGatheredMax) finish();
}

void Applier::sink_merges(Timestamp commit) {
  // What came before them is found.
  finish();
  for (const auto& [key, steps] : merges_) sink(key, Sinking(join_steps(steps), commit));
  merges_.clear();
}

void Applier::sink(ByteView key, Sinking operand) {
  const uint64_t hash = key_hash(key);
  const Timestamp deleted = memtable_.range_deletes().newest_covering(key, operand.commit());
  for (bool sinks = true; sinks;) {
    const std::optional<Entry> below = memtable_.find(key, hash, operand.at());
    if (below && below->commit >= deleted) {
      sinks = operand.meet(*below);
    } else {
      if (below || deleted > kTimestampMin) operand.meet_absence();
      sinks = false;
    }
  }
  const Entry entry = operand.entry(key);
  if (is_operand(entry.kind)) memtable_.note_operand();
  memtable_.gather({&entry, 1});
}

void Applier::apply_with_range_deletes(const Batch& batch, Timestamp commit) {
  // Places in the batch stand in for timestamps: a point operation is left out if the last range delete that
  // covers it has a later place.
  std::vector<RangeDelete> by_place;
  uint64_t place = 0;
  for (Batch::Reader reader(batch); const auto operation = reader.next();) {
    ++place;
    if (operation->kind == OperationKind::delete_range)
      by_place.push_back(range_delete(*operation, Timestamp{place}));
  }
  const RangeDeletes covered(by_place);
  for (RangeDelete& one : by_place) one.commit = commit;
  // As many as say the same, and at once, for each call costs the memtable as much as it has already. First, as operands must
  // not be joined with what they hide.
  memtable_.add(RangeDeletes(by_place).deletes());

  place = 0;
  for (Batch::Reader reader(batch); const auto operation = reader.next();) {
    const Timestamp own_place{++place};
    if (operation->kind == OperationKind::delete_range) continue;
    if (covered.newest_covering(operation->key, kTimestampMax) < own_place) insert(*operation, commit);
  }
}

void revive(DeadRanges& dead, const Batch& batch, Timestamp commit, Timestamp visible) {
  COPPICE_CHECK(commit > visible);
  for (Batch::Reader reader(batch); const auto operation = reader.next();)
    if (operation->kind != OperationKind::remove && operation->kind != OperationKind::delete_range)
      dead.put(operation->key);
}

}  // namespace coppice::engine
