#include "schema/operators.hpp"

namespace coppice {

Bytes number_value(int64_t number) {
  Bytes value;
  for (size_t i = 0; i < kNumberSize; ++i)
    value.push_back(static_cast<char>(static_cast<uint64_t>(number) >> (8 * i)));
  return value;
}

std::optional<int64_t> number_of(ByteView value) {
  if (value.size() != kNumberSize) return std::nullopt;
  uint64_t bits = 0;
  for (size_t i = kNumberSize; i > 0; --i) bits = bits << 8 | static_cast<unsigned char>(value[i - 1]);
  return static_cast<int64_t>(bits);
}

Status check_operand(Operator op, ByteView operand) {
  switch (op) {
    case Operator::add:
    case Operator::max:
      if (operand.size() == kNumberSize) return success();
      return Error{Errc::invalid_argument, "the operand has " + std::to_string(operand.size()) +
                                               " bytes: add and max take numbers of 8"};
    case Operator::append:
      return check_value(operand);
  }
  return Error{Errc::invalid_argument, "there is no operator " + std::to_string(static_cast<unsigned>(op))};
}

}  // namespace coppice
