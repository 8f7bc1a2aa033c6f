#include "engine/cursor/snapshot_cursor.hpp"

#include <algorithm>

#include "engine/cursor/delete_span.hpp"
#include "engine/cursor/operand_chain.hpp"
#include "engine/cursor/short_key.hpp"

namespace coppice::engine {

namespace {

// So many versions are walked over one by one before a seek, which costs as much as some moves, leaves out the rest.
constexpr int kStepsMax = 8;

// Going forward, `entries_` stands on the item, which it views. Going back, the oldest version of a key comes first,
// so the newest visible one is known only behind it: `entries_` stands on what comes before the item in
// the way back (`before_`), and the item is a copy.
//
// An item made of operands is a copy either way. Going forward, `entries_` stands on what follows then (`ahead_`).
class SnapshotCursor final : public VisibleCursor {
public:
  SnapshotCursor(std::unique_ptr<Cursor> entries, std::vector<const RangeDeletes*> range_deletes,
                 KeyRange range, Timestamp at, std::shared_ptr<const void> keep, const DeadRangeAccess& dead,
                 const Expiry& expiry, CursorEnd* end, std::unique_ptr<ValueSource> values)
      : keep_(std::move(keep)),
        entries_(std::move(entries)),
        values_(std::move(values)),
        deletes_(std::move(range_deletes), at),
        range_(std::move(range)),
        at_(at),
        expiry_(expiry),
        run_(dead, at),
        end_(end) {
    if (!deletes_.empty() && !range_.end) past_all_.assign(kKeySizeMax + 1, '\xff');
  }

  ~SnapshotCursor() override {
    if (end_ != nullptr) *end_ = {shown_count_, entries_->status()};
  }

  const Item* seek(ByteView key) override {
    // The caller's view may be one of ours.
    key_.assign(std::max<ByteView>(key, range_.begin));
    is_made_ = false;
    return show_forward(entries_->seek({key_, at_}));
  }

  const Item* seek_before(ByteView key) override {
    key_.assign(range_.end ? std::min<ByteView>(key, *range_.end) : key);
    return show_back(entries_->seek_before({key_, kTimestampMax}));
  }

  const Item* seek_last() override {
    return show_back(range_.end ? entries_->seek_before({*range_.end, kTimestampMax})
                                : entries_->seek_last());
  }

  const Item* next() override {
    if (!forward_) return show_forward(leave_key(entries_->seek({key_, kTimestampMin})));
    key_.assign(item_.key);
    if (is_made_) {
      is_made_ = false;
      return show_forward(leave_key(ahead_));
    }
    return show_forward(pass_key());
  }

  const Item* prev() override {
    if (!forward_) return show_back(before_);
    key_.assign(item_.key);
    return show_back(entries_->seek_before({key_, kTimestampMax}));
  }

  const Status& status() const override { return problem_.ok() ? entries_->status() : problem_; }

private:
  // The first item at or after `entry`. Requires: no version of entry's key between the newest visible one and
  // `entry` was passed.
  const Item* show_forward(const Entry* entry) {
    forward_ = true;
    const Item* item = find_forward(entry);
    run_.end_forward(key_);
    shown_count_ += item != nullptr;
    return item;
  }

  // The last item at or before `entry`. Requires: no older version of entry's key was left out.
  const Item* show_back(const Entry* entry) {
    forward_ = false;
    is_made_ = false;
    const Item* item = find_back(entry);
    run_.end_back(key_, item == nullptr && status().ok());
    shown_count_ += item != nullptr;
    return item;
  }

  // key_ is the last dead key then, if there was one.
  const Item* find_forward(const Entry* entry) {
    while (entry != nullptr) {
      if (range_.end && entry->key >= *range_.end) return nullptr;
      if (entry->commit > at_) {
        entry = pass_newer(entry);
      } else if (const DeleteSpan* span = covering(*entry); span || is_dead(*entry)) {
        key_.assign(entry->key);
        if (const DeadRanges::Range* dead = run_.pass(key_)) {
          entry = entries_->seek({dead->end, kTimestampMax});
        } else if (span != nullptr) {
          entry = entries_->next_past({end_of(*span), kTimestampMax}, span->commit);
        } else {
          entry = pass_key();
        }
      } else if (is_operand(entry->kind)) {
        return make_item(entry);
      } else if (expires(entry->kind) && expiry_.is_over(entry->value)) {
        run_.end_forward(key_);
        key_.assign(entry->key);
        entry = pass_key();
      } else {
        return show(entry->key, entry->kind, entry->value);
      }
    }
    return nullptr;
  }

  // key_ is the item's key then, or else the last dead one, or that of the version whose reading failed.
  const Item* find_back(const Entry* entry) {
    while (entry != nullptr) {
      if (entry->key < range_.begin) return nullptr;
      if (entry->commit > at_) {
        entry = pass_newer_back(entry);
      } else if (const DeleteSpan* span = covering(*entry)) {
        // Not dead for certain: a newer version may come.
        key_.assign(entry->key);
        const DeadRanges::Range* dead = run_.pass(key_);
        entry = dead != nullptr ? entries_->seek_before({dead->begin, kTimestampMax})
                                : entries_->prev_past({span->begin, kTimestampMax}, span->commit);
      } else {
        const Kind kind = keep_newest(entry);
        entry = before_;
        // The read that failed may have been of a newer version.
        if (entry == nullptr && !entries_->status().ok()) return nullptr;
        if (is_operand(kind)) return make_item_back();
        if (is_dead({key_, at_, kind, value_})) {
          if (const DeadRanges::Range* dead = run_.pass(key_))
            entry = entries_->seek_before({dead->begin, kTimestampMax});
        } else if (expires(kind) && expiry_.is_over(value_)) {
          run_.end_back(key_, false);
        } else {
          return show(key_, kind, value_);
        }
      }
    }
    return nullptr;
  }

  // Of the operand that `entries_` stands on, and what lies below it: ahead_ is what follows. Nullptr: a read failed, or what
  // lies there makes no sense.
  const Item* make_item(const Entry* entry) {
    made_key_.assign(entry->key);
    std::optional<Bytes> base;
    bool makes_sense = chain_.take(entry->value);
    for (bool more = makes_sense; more;) {
      entry = entries_->next();
      more = entry != nullptr && same_key(entry->key, made_key_) && covering(*entry) == nullptr;
      // What the operand before it holds already.
      if (!more || entry->commit >= chain_.since()) continue;
      if (is_operand(entry->kind)) {
        more = makes_sense = chain_.take(entry->value);
      } else {
        const bool gone = is_remove(entry->kind) || (expires(entry->kind) && expiry_.is_over(entry->value));
        if (!gone) base.emplace(value_of(entry->kind, entry->value));
        more = false;
      }
    }
    makes_sense = chain_.finish(base, made_value_) && makes_sense;
    if (!makes_sense)
      problem_ = Error{Errc::corruption, "an operand of the key " + printable(made_key_) +
                                             " makes no sense: restore the tree's tables, or delete the key"};
    if (!status().ok()) return nullptr;
    ahead_ = entry;
    is_made_ = true;
    item_ = {made_key_, made_value_};
    return &item_;
  }

  // The same on the way back, of the key in key_: the newest version comes last there, and is the first that is needed.
  const Item* make_item_back() {
    const Entry* entry = entries_->seek({key_, at_});
    if (entry == nullptr || make_item(entry) == nullptr) return nullptr;
    is_made_ = false;
    before_ = entries_->seek_before({key_, kTimestampMax});
    return before_ == nullptr && !status().ok() ? nullptr : &item_;
  }

  const Item* show(ByteView key, Kind kind, ByteView stored) {
    item_ = {key, value_of(kind, stored)};
    return problem_.ok() ? &item_ : nullptr;
  }

  // Empty as well if it could not be read, as problem_ tells then.
  ByteView value_of(Kind kind, ByteView stored) {
    if (!is_apart(kind)) return plain_value(kind, stored);
    if (values_ == nullptr || !problem_.ok()) return {};
    const auto value = values_->read(value_ref_of(kind, stored));
    problem_ = value.status();
    return value.ok() ? *value : ByteView();
  }

  // For every reader of at_ or later. What has expired only by now is alive to a snapshot between: no dead range holds it.
  bool is_dead(const Entry& entry) const {
    if (entry.kind == Kind::put) return false;
    return is_remove(entry.kind) || (expires(entry.kind) && expiry_of(entry.value) <= at_.milliseconds());
  }

  // The span whose range delete hides `entry`, if one does.
  const DeleteSpan* covering(const Entry& entry) {
    if (deletes_.empty()) return nullptr;
    const DeleteSpan& span = deletes_.around(entry.key);
    return entry.commit < span.commit ? &span : nullptr;
  }

  ByteView end_of(const DeleteSpan& span) const {
    const ByteView end = range_.end ? ByteView(*range_.end) : ByteView(past_all_);
    return span.end ? std::min(*span.end, end) : end;
  }

  // Moves on to the first entry that is not newer than at_ or that has another key.
  const Entry* pass_newer(const Entry* entry) {
    for (int steps = 0; steps < kStepsMax; ++steps) {
      entry = entries_->next();
      if (entry == nullptr || entry->commit <= at_) return entry;
    }
    place_.assign(entry->key);
    return entries_->seek({place_, at_});
  }

  // Moves on behind the versions of key_.
  const Entry* pass_key() {
    for (int steps = 0; steps < kStepsMax; ++steps) {
      const Entry* entry = entries_->next();
      if (entry == nullptr || !same_key(entry->key, key_)) return entry;
    }
    return leave_key(entries_->seek({key_, kTimestampMin}));
  }

  const Entry* leave_key(const Entry* entry) {
    for (int steps = 0; entry != nullptr && same_key(entry->key, key_); ++steps)
      entry = steps == kStepsMax ? entries_->seek({key_, kTimestampMin}) : entries_->next();
    return entry;
  }

  const Entry* pass_newer_back(const Entry* entry) {
    for (int steps = 0; steps < kStepsMax; ++steps) {
      entry = entries_->prev();
      if (entry == nullptr || entry->commit <= at_) return entry;
    }
    place_.assign(entry->key);
    return entries_->seek_before({place_, kTimestampMax});
  }

  // Copies the newest visible version of entry's key, going back from `entry`, which is one: key_ and value_ are set
  // then, and before_ is what follows on the way back.
  Kind keep_newest(const Entry* entry) {
    key_.assign(entry->key);
    Kind kind = entry->kind;
    for (int steps = 0; steps < kStepsMax; ++steps) {
      kind = entry->kind;
      value_.assign(entry->value);
      entry = entries_->prev();
      if (entry == nullptr || entry->commit > at_ || !same_key(entry->key, key_)) {
        before_ = entry;
        return kind;
      }
    }
    entry = entries_->seek({key_, at_});
    if (entry != nullptr) {
      kind = entry->kind;
      value_.assign(entry->value);
      entry = entries_->seek_before({key_, kTimestampMax});
    }
    before_ = entry;
    return kind;
  }

  const std::shared_ptr<const void> keep_;
  const std::unique_ptr<Cursor> entries_;
  const std::unique_ptr<ValueSource> values_;
  DeleteSpans deletes_;
  const KeyRange range_;
  const Timestamp at_;
  Expiry expiry_;
  // Larger than every key; only where a range delete may end there.
  Bytes past_all_;

  Item item_;
  bool forward_ = true;
  // Going back, key_ and value_ hold the item; otherwise key_ is the key being passed.
  KeyCopy key_;
  Bytes value_;
  const Entry* before_ = nullptr;
  // An item that operands made.
  OperandChain chain_;
  KeyCopy made_key_;
  Bytes made_value_;
  const Entry* ahead_ = nullptr;
  bool is_made_ = false;
  // Operands that make no sense, or a value that lies apart and could not be read.
  Status problem_;
  // A key that is sought; what the walk knows of it is not said.
  Bytes place_;
  DeadRun run_;
  CursorEnd* const end_;
  uint64_t shown_count_ = 0;
};

}  // namespace

std::unique_ptr<VisibleCursor> make_visible_cursor(
    std::unique_ptr<Cursor> entries, std::vector<const RangeDeletes*> range_deletes, KeyRange range,
    Timestamp at, std::shared_ptr<const void> keep, const DeadRangeAccess& dead, CursorEnd* end,
    std::unique_ptr<ValueSource> values, std::optional<Expiry> expiry) {
  return std::make_unique<SnapshotCursor>(std::move(entries), std::move(range_deletes), std::move(range), at,
                                          std::move(keep), dead, expiry.value_or(Expiry(at)), end,
                                          std::move(values));
}

}  // namespace coppice::engine
