#include "engine/cursor/dead_run.hpp"

#include <algorithm>
#include <utility>

namespace coppice::engine {

const DeadRanges::Range* DeadRun::look(ByteView key) {
  const bool begins = count_ == 1 && range_count_ == 0;
  if (begins) first_.assign(key);
  if (!begins && access_.walk != nullptr) access_.walk->passes_dead = true;
  if (access_.ranges == nullptr || !access_.ranges->find(key, at_, found_)) return nullptr;
  std::swap(range_, found_);
  ++range_count_;
  count_ = 1;
  return &range_;
}

void DeadRun::finish(ByteView lowest, ByteView highest, bool with_lowest) {
  if (access_.walk != nullptr) access_.walk->passes_dead = false;
  // Several ranges become one.
  const bool worth_it = range_count_ == 0 ? count_ >= kNewMin : count_ >= kMoreMin || range_count_ > 1;
  if (worth_it && access_.ranges != nullptr) {
    Bytes begin(lowest);
    if (!with_lowest) begin.push_back('\0');
    Bytes end = Bytes(highest) + '\0';
    if (range_count_ == 0) {
      access_.ranges->add(begin, end, at_, *access_.puts);
    } else {
      begin = std::min(begin, range_.begin);
      end = std::max(end, range_.end);
      access_.ranges->extend(range_, begin, end, at_, *access_.puts);
    }
  }
  count_ = 0;
  range_count_ = 0;
}

}  // namespace coppice::engine
