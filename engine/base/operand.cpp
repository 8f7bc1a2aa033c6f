#include "engine/base/operand.hpp"

#include <algorithm>

#include "engine/base/coding.hpp"

namespace coppice::engine {
namespace {

/// Nothing: no step begins here.
std::optional<Step> take_step(ByteView& rest) {
  const auto op = take_fixed<uint8_t>(rest);
  if (!op) return std::nullopt;
  const auto operand = take_sized(rest);
  if (!operand) return std::nullopt;
  const Step step{static_cast<Operator>(*op), *operand};
  if (!check_operand(step.op, step.operand).ok()) return std::nullopt;
  return step;
}

void put_step(Bytes& steps, const Step& step) {
  put_fixed(steps, static_cast<uint8_t>(step.op));
  put_sized(steps, step.operand);
}

/// Requires: both are numbers, or the operator takes any bytes.
void do_step(Operator op, ByteView operand, Bytes& value) {
  const auto number = [](ByteView bytes) { return load_fixed<uint64_t>(bytes.data()); };
  switch (op) {
    case Operator::add:
      store_fixed(value.data(), number(value) + number(operand));
      break;
    case Operator::max:
      store_fixed(value.data(),
                  std::max(static_cast<int64_t>(number(value)), static_cast<int64_t>(number(operand))));
      break;
    case Operator::append:
      value.append(operand.substr(0, kValueSizeMax - std::min(kValueSizeMax, value.size())));
      break;
  }
}

void do_step(const Step& step, std::optional<Bytes>& value) {
  if (!value) {
    value.emplace(step.operand);
  } else if (step.op == Operator::append || value->size() == kNumberSize) {
    do_step(step.op, step.operand, *value);
  }
}

}  // namespace

Bytes join_steps(std::span<const Step> steps) {
  COPPICE_CHECK(!steps.empty());
  Bytes joined;
  Bytes operand(steps.front().operand);
  for (size_t i = 1; i < steps.size(); ++i) {
    if (steps[i].op == steps[i - 1].op) {
      do_step(steps[i].op, steps[i].operand, operand);
    } else {
      put_step(joined, {steps[i - 1].op, operand});
      operand.assign(steps[i].operand);
    }
  }
  put_step(joined, {steps.back().op, operand});
  return joined;
}

std::optional<Bytes> join_steps(ByteView older, ByteView newer) {
  const ByteView all = older;
  size_t last_begin = 0;
  std::optional<Step> last;
  do {
    last_begin = all.size() - older.size();
    last = take_step(older);
    if (!last) return std::nullopt;
  } while (!older.empty());
  const ByteView second = newer;
  const auto first = take_step(newer);
  if (!first) return std::nullopt;

  Bytes joined(all.substr(0, last_begin));
  if (first->op != last->op) {
    joined.append(all.substr(last_begin)).append(second);
    return joined;
  }
  Bytes both(last->operand);
  do_step(first->op, first->operand, both);
  put_step(joined, {first->op, both});
  joined.append(newer);
  return joined;
}

bool do_steps(ByteView steps, std::optional<Bytes>& value) {
  if (steps.empty()) return false;
  while (!steps.empty()) {
    const auto step = take_step(steps);
    if (!step) return false;
    do_step(*step, value);
  }
  return true;
}

Bytes encode_operand(const Operand& operand) {
  Bytes stored;
  stored.reserve(sizeof(uint64_t) + operand.steps.size());
  put_fixed(stored, operand.since.raw);
  stored.append(operand.steps);
  return stored;
}

std::optional<Operand> decode_operand(ByteView stored) {
  const auto since = take_fixed<uint64_t>(stored);
  if (!since || stored.empty()) return std::nullopt;
  return Operand{Timestamp{*since}, stored};
}

}  // namespace coppice::engine
