#include "engine/cursor/level_cursor.hpp"

#include <algorithm>
#include <optional>

#include "engine/table/table_cursor.hpp"

namespace coppice::engine {

namespace {

class LevelCursor final : public Cursor {
public:
  LevelCursor(std::span<const std::shared_ptr<const TableReader>> tables, const TableReadOptions& options)
      : tables_(tables), options_(options) {}

  const Entry* seek(const Position& target) override {
    // The first table that ends behind the target; where it has no entry there, the next one begins behind it.
    if (!enter(first_ending_after(target.key))) return nullptr;
    const Entry* entry = table_->seek(target);
    return entry != nullptr ? entry : next_table();
  }

  const Entry* seek_before(const Position& target) override {
    const size_t index = first_ending_after(target.key);
    if (index == tables_.size()) return seek_last();
    if (!enter(index)) return nullptr;
    const Entry* entry = table_->seek_before(target);
    return entry != nullptr ? entry : prev_table();
  }

  const Entry* seek_last() override {
    if (tables_.empty() || !enter(tables_.size() - 1)) return nullptr;
    const Entry* entry = table_->seek_last();
    return entry != nullptr ? entry : prev_table();
  }

  const Entry* next() override {
    const Entry* entry = table_->next();
    return entry != nullptr ? entry : next_table();
  }

  const Entry* prev() override {
    const Entry* entry = table_->prev();
    return entry != nullptr ? entry : prev_table();
  }

  // Tables that lie in the span and are older than the delete are not even opened.
  const Entry* next_past(const Position& target, Timestamp commit) override {
    const Entry* entry = table_->next_past(target, commit);
    while (entry == nullptr && status().ok() && index_ + 1 < tables_.size()) {
      const TableMeta& meta = tables_[++index_]->meta();
      const bool older = meta.newest < commit;
      if (older && meta.bounds.end && *meta.bounds.end <= target.key) continue;
      if (!enter(index_)) return nullptr;
      entry = table_->seek(older ? target : Position{});
    }
    return entry;
  }

  const Entry* prev_past(const Position& target, Timestamp commit) override {
    const Entry* entry = table_->prev_past(target, commit);
    while (entry == nullptr && status().ok() && index_ > 0) {
      const TableMeta& meta = tables_[--index_]->meta();
      const bool older = meta.newest < commit;
      if (older && compare({meta.bounds.begin, kTimestampMax}, target) >= 0) continue;
      if (!enter(index_)) return nullptr;
      entry = older ? table_->seek_before(target) : table_->seek_last();
    }
    return entry;
  }

  const Status& status() const override { return table_ ? table_->status() : no_failure_; }

private:
  size_t first_ending_after(ByteView key) const {
    const auto found = std::partition_point(tables_.begin(), tables_.end(),
                                            [&](const std::shared_ptr<const TableReader>& table) {
                                              const KeyRange& bounds = table->meta().bounds;
                                              return bounds.end && *bounds.end <= key;
                                            });
    return static_cast<size_t>(found - tables_.begin());
  }

  // Makes tables_[index] the one that the cursor is in. False: there is none, or an earlier one has failed.
  bool enter(size_t index) {
    if (!status().ok() || index >= tables_.size()) return false;
    if (!table_ || entered_ != index) table_.emplace(*tables_[index], options_);
    entered_ = index_ = index;
    return true;
  }

  const Entry* next_table() {
    const Entry* entry = nullptr;
    while (entry == nullptr && status().ok() && index_ + 1 < tables_.size()) {
      enter(index_ + 1);
      entry = table_->seek({});
    }
    return entry;
  }

  const Entry* prev_table() {
    const Entry* entry = nullptr;
    while (entry == nullptr && status().ok() && index_ > 0) {
      enter(index_ - 1);
      entry = table_->seek_last();
    }
    return entry;
  }

  const std::span<const std::shared_ptr<const TableReader>> tables_;
  const TableReadOptions options_;
  // The table that the cursor is in; index_ runs ahead of entered_ only while tables are being left out.
  std::optional<TableCursor> table_;
  size_t entered_ = 0;
  size_t index_ = 0;
  const Status no_failure_;
};

}  // namespace

std::unique_ptr<Cursor> make_level_cursor(std::span<const std::shared_ptr<const TableReader>> tables,
                                          const TableReadOptions& options) {
  return std::make_unique<LevelCursor>(tables, options);
}

}  // namespace coppice::engine
