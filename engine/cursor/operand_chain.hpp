// The operands of one key that a read meets, until it comes to what they are done to.
#pragma once

#include <vector>

#include "engine/cursor/entry.hpp"

namespace coppice::engine {

/// Threads: one.
class OperandChain {
public:
  bool empty() const { return steps_.empty(); }

  /// Takes an operand as it is stored. Requires: it lies below those before it: its commit is earlier than since().
  /// False, and nothing taken: it is none.
  bool take(ByteView stored);
  /// What the operands are done to is the newest version before this moment. Requires: not empty().
  Timestamp since() const { return since_; }

  /// Does them to what was found there; nothing: the key is absent there. Empties the chain.
  /// False, and anything in `value`: some were no steps.
  bool finish(std::optional<ByteView> base, Bytes& value);

private:
  /// Newest first.
  std::vector<Bytes> steps_;
  Timestamp since_;
};

}  // namespace coppice::engine
