#include "engine/mend/table_walk.hpp"

#include <utility>

#include "engine/table/block_upgrade.hpp"

namespace coppice::engine {
namespace {

ByteView view(const Block& block) { return {block.bytes.get(), block.size}; }

}  // namespace

TableWalk::TableWalk(const RandomFile& file, const Footer& footer, BlockForm form, KeyRange bounds)
    : file_(file),
      footer_(footer),
      form_(std::move(form)),
      bounds_(std::move(bounds)),
      passed_key_(bounds_.begin) {}

const TableWalk::Step* TableWalk::next() {
  if (!std::exchange(begun_, true)) {
    if (footer_.root.absent()) return nullptr;
    return enter(footer_.root, footer_.height, std::nullopt);
  }
  while (!frames_.empty()) {
    Frame& frame = *frames_.back();
    frame.entry = frame.entry == nullptr ? frame.cursor.seek_first() : frame.cursor.next();
    if (frame.entry == nullptr) {
      const std::unique_ptr<Frame> left = std::move(frames_.back());
      frames_.pop_back();
      if (left->cursor.damaged())
        return damaged(left->handle, left->level, "the block's entries make no sense", left->last);
      continue;
    }
    const Position here = position(*frame.entry);
    if (compare({passed_key_, passed_commit_}, here) >= 0) {
      const std::unique_ptr<Frame> left = std::move(frames_.back());
      frames_.pop_back();
      return damaged(left->handle, left->level, "the entries are out of order", left->last);
    }
    if (frame.level > 0) {
      const auto child = decode_handle(frame.entry->value);
      const Bytes separator(frame.entry->key);
      if (child && !child->absent()) return enter(*child, frame.level - 1, separator);
      return damaged(frame.handle, frame.level, "an entry of the index names no block", separator);
    }
    passed_key_ = here.key;
    passed_commit_ = here.commit;
    step_.kind = Kind::entry;
    step_.handle = frame.handle;
    step_.level = 0;
    step_.entry = *frame.entry;
    return &step_;
  }
  return nullptr;
}

const TableWalk::Step* TableWalk::enter(const BlockHandle& handle, uint32_t level,
                                        std::optional<Bytes> last) {
  const BlockKind kind = level == 0 ? BlockKind::data : BlockKind::page;
  auto block = read(handle, kind);
  if (!block.ok()) return damaged(handle, level, block.error().text, last);
  auto frame = std::make_unique<Frame>();
  frame->handle = handle;
  frame->level = level;
  frame->block = *std::move(block);
  frame->last = std::move(last);
  BlockView counted;
  if (!frame->cursor.reset(view(frame->block)) || !counted.open(view(frame->block)) || counted.kind() != kind)
    return damaged(handle, level, "the block's entries make no sense", frame->last);
  step_.kind = level == 0 ? Kind::data : Kind::page;
  step_.handle = handle;
  step_.level = level;
  step_.count = counted.count();
  frames_.push_back(std::move(frame));
  return &step_;
}

Result<Block> TableWalk::read(const BlockHandle& handle, BlockKind kind) {
  COPPICE_TRY_ASSIGN(size, stored_size(file_, handle));
  bytes_read_ += size;
  // Each block is read once, so a larger sum means that the index goes in circles.
  if (bytes_read_ > file_.size()) return damage(file_.name(), handle.offset, "the index names a block twice");
  COPPICE_TRY_ASSIGN(block, read_block(file_, form_, handle));
  if (footer_.has_current_blocks()) return block;
  Block upgraded = upgrade_block(view(block), kind);
  if (upgraded.bytes == nullptr)
    return damage(file_.name(), handle.offset, "the block's entries make no sense");
  return upgraded;
}

const TableWalk::Step* TableWalk::damaged(const BlockHandle& handle, uint32_t level, std::string problem,
                                          const std::optional<Bytes>& last) {
  step_.kind = Kind::damage;
  step_.handle = handle;
  step_.level = level;
  step_.count = 0;
  step_.entry = {};
  const bool names_file = problem.find(file_.name()) != std::string::npos;
  step_.problem = names_file ? std::move(problem) : damage(file_.name(), handle.offset, problem).text;
  step_.lost = {passed_key_, bounds_.end};
  if (last) {
    step_.lost.end = *last + '\0';
    // Older versions of the last key may lie in the next block, and are whole.
    if (*last > passed_key_) {
      passed_key_ = *last;
      passed_commit_ = kTimestampMax;
    }
  }
  return &step_;
}

}  // namespace coppice::engine
