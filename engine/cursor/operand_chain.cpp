#include "engine/cursor/operand_chain.hpp"

namespace coppice::engine {

bool OperandChain::take(ByteView stored) {
  const std::optional<Operand> operand = decode_operand(stored);
  // Before the first moment there is none to look at.
  if (!operand || operand->since == kTimestampMin) return false;
  since_ = operand->since;
  steps_.emplace_back(operand->steps);
  return true;
}

bool OperandChain::finish(std::optional<ByteView> base, Bytes& value) {
  std::optional<Bytes> sum;
  if (base) sum.emplace(*base);
  bool done = true;
  for (; !steps_.empty(); steps_.pop_back()) done = done && do_steps(steps_.back(), sum);
  if (sum) value = *std::move(sum);
  return done;
}

}  // namespace coppice::engine
