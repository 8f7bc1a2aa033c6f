// Walks the entries of one table, down and along its tree of blocks.
#pragma once

#include <memory>
#include <optional>

#include "engine/table/block_cursor.hpp"
#include "engine/table/open_table.hpp"
#include "engine/table/read_ahead.hpp"

namespace coppice::engine {

/// Keeps one block of each level: the path from the root to the entry that it stands on.
class TableCursor final : public Cursor {
public:
  /// Touches nothing before the first move. Lifetime: `reader` outlives the cursor.
  TableCursor(const TableReader& reader, const TableReadOptions& options)
      : reader_(reader), options_(options) {}

  const Entry* seek(const Position& target) override;
  const Entry* seek_before(const Position& target) override;
  const Entry* seek_last() override;
  const Entry* next() override;
  const Entry* prev() override;
  const Entry* next_past(const Position& target, Timestamp commit) override;
  const Entry* prev_past(const Position& target, Timestamp commit) override;
  const Status& status() const override { return status_; }

private:
  struct Frame {
    BlockHandle handle;
    BlockRef block;
    ByteView bytes;
    BlockCursor cursor;
  };

  bool start();
  bool descend(const Position& target);
  bool enter(uint32_t depth, const Entry& parent);
  Result<OpenTable::Kept> read_data(const BlockHandle& handle);
  Result<OpenTable::Kept> read_page(uint32_t depth, const BlockHandle& handle);
  void limit_ahead(const KeyRange& range);
  const Entry* next_block();
  const Entry* prev_block();
  const Entry* fail(const Frame& frame);

  const TableReader& reader_;
  const TableReadOptions options_;
  const OpenTable* table_ = nullptr;
  // [0] is the root, [height_] the data block.
  std::unique_ptr<Frame[]> path_;
  uint32_t height_ = 0;
  Frame* data_ = nullptr;
  std::optional<ReadAhead> ahead_;
  // The page that what is read ahead was last limited by.
  BlockHandle limiting_page_;
  Status status_;
};

}  // namespace coppice::engine
