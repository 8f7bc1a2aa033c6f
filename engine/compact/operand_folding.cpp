#include "engine/compact/operand_folding.hpp"

#include <algorithm>

namespace coppice::engine {

Status OperandFolding::take(const Entry& entry) {
  if (within_ && entry.key != key_) COPPICE_TRY(finish());
  const Entry* const survivor = survivors_.survivor(entry);
  if (!within_ && !is_operand(entry.kind)) return survivor != nullptr ? output_(*survivor) : success();
  if (!within_) {
    within_ = true;
    key_.assign(entry.key);
    newer_ = kTimestampMax;
    needed_.clear();
  }
  // To an operand above it as well there is nothing there.
  const Entry deleted{entry.key, entry.commit, Kind::remove, {}};
  COPPICE_TRY(take_version(is_expired(rules_, entry) ? deleted : entry, survivor != nullptr));
  newer_ = entry.commit;
  return success();
}

Status OperandFolding::take_version(const Entry& entry, bool asked) {
  bool needed = is_needed(entry, newer_);
  if (is_open_ && entry.commit < since_) {
    if (is_remove(entry.kind) || range_deletes_.newest_covering(key_, since_) > entry.commit) {
      COPPICE_TRY(end_on(std::nullopt));
    } else if (!asked && !needed && can_take_up(entry)) {
      return fold(entry);
    } else {
      COPPICE_TRY(put_out());
      needed = true;
    }
  } else if (is_open_ && (asked || needed)) {
    COPPICE_TRY(put_out());
  }
  if (!asked && !needed) return success();
  if (!is_operand(entry.kind)) return output_(entry);
  const std::optional<Operand> operand = decode_operand(entry.value);
  if (!operand) return senseless();
  is_open_ = true;
  commit_ = entry.commit;
  since_ = operand->since;
  steps_.assign(operand->steps);
  return success();
}

// A range delete that hides it from the operand that leads to it hides it from all.
bool OperandFolding::is_needed(const Entry& entry, Timestamp newer) const {
  return std::ranges::any_of(needed_, [&](Timestamp since) {
    return entry.commit < since && since <= newer &&
           range_deletes_.newest_covering(key_, since) <= entry.commit;
  });
}

bool OperandFolding::can_take_up(const Entry& below) const {
  if (is_operand(below.kind)) return steps_.size() + below.value.size() <= kStepsSizeMax;
  return below.kind == Kind::put;
}

Status OperandFolding::fold(const Entry& below) {
  if (!is_operand(below.kind)) return end_on(Bytes(below.value));
  const std::optional<Operand> operand = decode_operand(below.value);
  std::optional<Bytes> joined = operand ? join_steps(operand->steps, steps_) : std::nullopt;
  if (!joined) return senseless();
  since_ = operand->since;
  steps_ = *std::move(joined);
  return success();
}

Status OperandFolding::finish() {
  within_ = false;
  if (!is_open_) return success();
  const bool alone = rules_.bottom || range_deletes_.newest_covering(key_, since_) > kTimestampMin;
  return alone ? end_on(std::nullopt) : put_out();
}

Status OperandFolding::put_out() {
  is_open_ = false;
  needed_.push_back(since_);
  const Bytes stored = encode_operand({since_, steps_});
  return output_({key_, commit_, Kind::operand, stored});
}

Status OperandFolding::end_on(std::optional<Bytes> base) {
  is_open_ = false;
  if (!do_steps(steps_, base)) return senseless();
  return output_({key_, commit_, Kind::put, *base});
}

Error OperandFolding::senseless() const {
  return {Errc::corruption, "an operand of the key " + printable(key_) + " makes no sense"};
}

}  // namespace coppice::engine
