// Operators: what a write can do to a value without knowing it, and the numbers that two of them work on.
#pragma once

#include "schema/types.hpp"

namespace coppice {

/// Travels on the wire and lies on disk: never renumber, only append.
///
/// Every operator is defined for every value, so that no read ever fails for what was written long before, and none destroys
/// a value that it was not meant for:
///
///                 absent            a number (8 bytes)        any other value
///     add         the operand       sum, modulo 2^64          stays as it is
///     max         the operand       the larger                stays as it is
///     append      the operand       value, then operand: the first kValueSizeMax bytes of that
///
/// Sums wrap, as two's complement does, because only so is it the same in which order sums are made: several operands
/// become one before the value is known.
enum class Operator : uint8_t { add = 1, append = 2, max = 3 };

/// A number in a value: an int64 of two's complement, little-endian.
inline constexpr size_t kNumberSize = 8;
Bytes number_value(int64_t number);
/// Nothing: the value is no number.
std::optional<int64_t> number_of(ByteView value);

/// invalid_argument unless there is such an operator, and `operand` is a number for add and max, and at most kValueSizeMax
/// bytes for append.
Status check_operand(Operator op, ByteView operand);

}  // namespace coppice
