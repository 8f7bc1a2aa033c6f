#include "engine/in_memory/memory_flush.hpp"

#include "engine/compact/operand_folding.hpp"
#include "engine/cursor/merge_cursor.hpp"
#include "engine/memory/memtable_loader.hpp"

namespace coppice::engine {
namespace {

// How many entries pass between two looks at `cancelled`.
constexpr uint32_t kCancelInterval = 256;

}  // namespace

MemoryFlush::MemoryFlush(Inputs inputs, std::shared_ptr<Memtable> output, SurvivalRules rules)
    : JobWork(Job::Kind::flush),
      inputs_(std::move(inputs)),
      output_(std::move(output)),
      rules_(std::move(rules)) {}

void MemoryFlush::run_part(size_t /*part*/, const std::atomic<bool>& cancelled, const Job::Pace& /*pace*/) {
  status_ = copy(cancelled);
}

uint64_t MemoryFlush::bytes_written() const { return output_->size(); }

Status MemoryFlush::copy(const std::atomic<bool>& cancelled) {
  std::vector<RangeDelete> deletes;
  std::vector<std::unique_ptr<Cursor>> cursors;
  size_t size = 0;
  for (const auto& input : inputs_) {
    for (RangeDelete& one : input->range_deletes().deletes()) deletes.push_back(std::move(one));
    cursors.push_back(input->cursor());
    size += input->data_size();
  }
  const RangeDeletes range_deletes(deletes);
  Survivors survivors(rules_, range_deletes);
  MemtableLoader loader(*output_, size);
  const auto keep = [&](const Entry& entry) -> Status {
    if (is_operand(entry.kind)) output_->note_operand();
    loader.add(entry);
    return success();
  };
  OperandFolding operands(rules_, range_deletes, survivors, keep);

  uint32_t count = 0;
  const std::unique_ptr<Cursor> entries = make_merge_cursor(std::move(cursors));
  const std::optional<Bytes>& end = rules_.owned.end;
  for (const Entry* entry = entries->seek({rules_.owned.begin}); entry != nullptr; entry = entries->next()) {
    if (end && entry->key >= *end) break;
    if (++count % kCancelInterval == 0 && cancelled.load(std::memory_order_relaxed))
      return Error{Errc::cancelled, "the flush was cancelled"};
    if (operands.concerns(*entry)) {
      COPPICE_TRY(operands.take(*entry));
    } else if (const Entry* const survivor = survivors.survivor(*entry)) {
      COPPICE_TRY(keep(*survivor));
    }
  }
  COPPICE_TRY(entries->status());
  COPPICE_TRY(operands.finish());
  loader.finish();
  output_->add(survivors.range_deletes());
  return success();
}

}  // namespace coppice::engine
