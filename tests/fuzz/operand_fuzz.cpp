// Steps of operands of any bytes: joined first or done one behind the other they give the same.
#include "engine/base/operand.hpp"
#include "tests/fuzz/input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace coppice::engine;
  using Value = std::optional<coppice::Bytes>;
  Input input(data, size);
  Value base;
  if (input.byte() % 2 == 1) base = coppice::Bytes(input.piece());
  const coppice::ByteView first = input.piece();
  const coppice::ByteView second = input.piece();
  const coppice::ByteView third = input.rest();
  if (const auto operand = decode_operand(third)) COPPICE_CHECK(encode_operand(*operand) == third);

  Value done = base;
  const bool makes_sense = do_steps(first, done) && do_steps(second, done) && do_steps(third, done);
  const auto front = join_steps(first, second);
  const auto left = front ? join_steps(*front, third) : std::nullopt;
  const auto back = join_steps(second, third);
  const auto right = back ? join_steps(first, *back) : std::nullopt;
  if (!makes_sense) return 0;
  COPPICE_CHECK(left.has_value() && right.has_value());
  COPPICE_CHECK(*left == *right);
  Value joined = base;
  COPPICE_CHECK(do_steps(*left, joined));
  COPPICE_CHECK(joined == done);
  return 0;
}
