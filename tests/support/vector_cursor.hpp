// Entries that a test wrote down, as a Cursor and as values.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/cursor/cursor.hpp"

namespace coppice::engine {

/// An Entry that owns its bytes.
struct OwnedEntry {
  Bytes key;
  uint64_t commit = 0;
  Kind kind = Kind::put;
  Bytes value;

  OwnedEntry(Bytes k, uint64_t c, Kind what = Kind::put, Bytes v = {})
      : key(std::move(k)), commit(c), kind(what), value(std::move(v)) {}
  explicit OwnedEntry(const Entry& entry)
      : key(entry.key), commit(entry.commit.raw), kind(entry.kind), value(entry.value) {}

  Entry view() const { return {key, Timestamp{commit}, kind, value}; }
  bool operator==(const OwnedEntry&) const = default;
  bool operator<(const OwnedEntry& other) const {
    return compare(position(view()), position(other.view())) < 0;
  }
  friend void PrintTo(const OwnedEntry& entry, std::ostream* out) {
    *out << printable(entry.key) << "@" << entry.commit << (entry.kind == Kind::put ? "=" : " removed ")
         << printable(entry.value);
  }
};

inline std::optional<OwnedEntry> owned(const Entry* entry) {
  if (entry == nullptr) return std::nullopt;
  return OwnedEntry(*entry);
}

/// Walks a sorted vector. Its views move to another buffer with every move, so that using one after its time is
/// found by AddressSanitizer.
class VectorCursor final : public Cursor {
public:
  explicit VectorCursor(std::vector<OwnedEntry> entries) : entries_(std::move(entries)) {}

  const Entry* seek(const Position& target) override { return stand(lower_bound(target)); }
  const Entry* seek_before(const Position& target) override { return stand(lower_bound(target) - 1); }
  const Entry* seek_last() override { return stand(static_cast<ptrdiff_t>(entries_.size()) - 1); }
  const Entry* next() override { return stand(index_ + 1); }
  const Entry* prev() override { return stand(index_ - 1); }
  const Status& status() const override { return status_; }

  /// After so many further moves every move fails.
  void fail(Error error, size_t moves = 0) {
    failure_ = std::move(error);
    moves_left_ = moves;
  }

private:
  ptrdiff_t lower_bound(const Position& target) const {
    return std::partition_point(
               entries_.begin(), entries_.end(),
               [&](const OwnedEntry& entry) { return compare(position(entry.view()), target) < 0; }) -
           entries_.begin();
  }

  const Entry* stand(ptrdiff_t index) {
    current_.reset();
    if (!failure_.ok() && moves_left_-- == 0) status_ = failure_;
    if (!status_.ok() || index < 0 || index >= static_cast<ptrdiff_t>(entries_.size())) return nullptr;
    index_ = index;
    current_ = std::make_unique<OwnedEntry>(entries_[static_cast<size_t>(index)]);
    entry_ = current_->view();
    return &entry_;
  }

  const std::vector<OwnedEntry> entries_;
  ptrdiff_t index_ = 0;
  std::unique_ptr<OwnedEntry> current_;
  Entry entry_;
  Status failure_;
  size_t moves_left_ = 0;
  Status status_;
};

}  // namespace coppice::engine
