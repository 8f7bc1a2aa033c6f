// Operands: what a version of a key says that changes the one below it, and how several become one.
#pragma once

#include <span>

#include "schema/operators.hpp"

namespace coppice::engine {

/// What operands do, oldest first: steps one behind the other, each an operator (u8), the operand's size (varint) and the
/// operand. Two steps of the same operator that follow each other are one.
///
/// Joining is associative, and so is doing: whatever neighbours are joined first, and whether before they meet a value or there, the
/// value in the end is the same.

/// More than one batch can bring together with what is joined in a memtable, and less than a block may have.
inline constexpr size_t kStepsSizeMax = kBatchSizeMax + (5u << 18);

struct Step {
  Operator op;
  ByteView operand;
};

/// Of these, in their order. Requires: there is one, and check_operand() accepts each.
Bytes join_steps(std::span<const Step> steps);
/// `older` and then `newer`. Nothing: one of them is no steps.
std::optional<Bytes> join_steps(ByteView older, ByteView newer);
/// Does them to `value`; nothing there is an absent key, which any step ends. False, and anything in `value`: they are no steps.
bool do_steps(ByteView steps, std::optional<Bytes>& value);

/// An operand as memtables and tables keep it: it stands for all operands of its key from `since` on up to its own
/// commit, which are the newest versions there are in between. What it is done to is the newest version before `since`.
///
///     commit   3       5       8       9
///     wrote    put 10  add 1   add 2   add 4
///     stored   put 10  [5] +1  [5] +3  [5] +7      a reader at 9 meets one operand and the put, whatever lies between
///
/// So a reader skips what an operand holds already, wherever it lies, and a chain of operands is as short as they were
/// joined.
struct Operand {
  Timestamp since;
  /// Lifetime: of what it was read from.
  ByteView steps;
};

/// `since` (u64), then the steps.
Bytes encode_operand(const Operand& operand);
/// Nothing: it is none. Whether there are steps in `steps`, join_steps() and do_steps() say.
std::optional<Operand> decode_operand(ByteView stored);
/// Of encoded operands.
inline constexpr size_t kOperandSizeMin = sizeof(uint64_t) + 2;

}  // namespace coppice::engine
