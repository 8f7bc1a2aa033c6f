// Goes through a table's file block by block, past what is damaged.
#pragma once

#include <memory>
#include <vector>

#include "engine/io/file.hpp"
#include "engine/table/block_cursor.hpp"
#include "engine/table/block_io.hpp"

namespace coppice::engine {

/// Entries and where they lie, in key order, from whatever of the index and of the blocks can be read. Trusts no byte: entries
/// that come out ascend and keep the limits, whatever the file holds, and the walk ends.
///
/// Memory: a block of each level of the index. Lifetime: `file` outlives the walk. Blocks: on the disk.
class TableWalk {
public:
  enum class Kind : uint8_t {
    page,    // a page of the index: its blocks come next
    data,    // a data block: its entries come next
    entry,   // one of them
    damage,  // a block that cannot be read, with all below it
  };
  struct Step {
    Kind kind = Kind::entry;
    /// Of the block, also the one that the entry is in.
    BlockHandle handle;
    /// 0: a data block.
    uint32_t level = 0;
    /// Of the entries in the block.
    uint32_t count = 0;
    Entry entry;
    /// Of damage: names the file, the offset, and what is wrong.
    std::string problem;
    /// Of damage: keys that may be lost lie in here.
    KeyRange lost;
  };

  /// `form`: of the footer. `bounds`: of the table, as far as is known.
  TableWalk(const RandomFile& file, const Footer& footer, BlockForm form, KeyRange bounds);

  /// The next step; nullptr at the end. Lifetime: until the next call.
  const Step* next();

private:
  struct Frame {
    BlockHandle handle;
    uint32_t level = 0;
    Block block;
    BlockCursor cursor;
    /// Where it stands; nullptr: before its first entry.
    const Entry* entry = nullptr;
    /// The last key that may lie in it, with its parents' word; nothing: the bounds' end.
    std::optional<Bytes> last;
  };

  const Step* enter(const BlockHandle& handle, uint32_t level, std::optional<Bytes> last);
  Result<Block> read(const BlockHandle& handle, BlockKind kind);
  const Step* damaged(const BlockHandle& handle, uint32_t level, std::string problem,
                      const std::optional<Bytes>& last);

  const RandomFile& file_;
  const Footer footer_;
  const BlockForm form_;
  const KeyRange bounds_;
  bool begun_ = false;
  /// From the root down.
  std::vector<std::unique_ptr<Frame>> frames_;
  uint64_t bytes_read_ = 0;
  Step step_;
  /// The last entry or separator passed; what comes lies behind it.
  Bytes passed_key_;
  Timestamp passed_commit_ = kTimestampMax;
};

}  // namespace coppice::engine
