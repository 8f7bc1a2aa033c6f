#include "tests/torture/plot.hpp"

#include <algorithm>
#include <chrono>

#include "schema/check.hpp"

namespace coppice::torture {
namespace {

std::string shown(const std::optional<Bytes>& value) {
  if (!value) return "nothing";
  return std::to_string(value->size()) + " bytes " + printable(*value);
}

/// From the moment on at which nothing can land any more, it is known until when it lasts at most.
void bound_expiry(Cells& cells, Moment landed) {
  for (auto& [key, cell] : cells)
    if (cell.ttl_ms != 0 && cell.expires.end == kNever) cell.expires.end = landed + cell.ttl_ms + 1;
}

}  // namespace

Moment now_ms() {
  return static_cast<Moment>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                 std::chrono::system_clock::now().time_since_epoch())
                                 .count());
}

void Change::put(const Bytes& key, const Bytes& value) {
  COPPICE_CHECK(batch_.put(key, value).ok());
  after_[key] = Cell{value};
}

void Change::put_for(const Bytes& key, const Bytes& value, uint64_t ttl_ms) {
  COPPICE_CHECK(batch_.put_for(key, value, ttl_ms).ok());
  after_[key] = Cell{value, ttl_ms, {now_ + ttl_ms, kNever}};
}

void Change::remove(const Bytes& key) {
  COPPICE_CHECK(batch_.remove(key).ok());
  after_.erase(key);
}

void Change::merge(const Bytes& key, Operator op, const Bytes& operand) {
  COPPICE_CHECK(batch_.merge(key, op, operand).ok());
  const auto found = after_.find(key);
  if (found == after_.end()) {
    after_[key] = Cell{operand};
    return;
  }
  COPPICE_CHECK(found->second.ttl_ms == 0);
  Bytes& value = found->second.value;
  if (op == Operator::append) {
    value += operand;
    return;
  }
  const auto old = static_cast<uint64_t>(number_of(value).value());
  const auto other = static_cast<uint64_t>(number_of(operand).value());
  value = op == Operator::add
              ? number_value(static_cast<int64_t>(old + other))
              : number_value(std::max(static_cast<int64_t>(old), static_cast<int64_t>(other)));
}

void Change::delete_range(const Bytes& begin, const Bytes& end) {
  COPPICE_CHECK(batch_.delete_range({begin, end}).ok());
  after_.erase(after_.lower_bound(begin), after_.lower_bound(end));
}

std::optional<std::string> judge_cell(const Cells& cells, const Bytes& key, const std::optional<Bytes>& value,
                                      Span read) {
  const auto found = cells.find(key);
  const bool fits = found == cells.end() ? !value
                    : value              ? *value == found->second.value && found->second.may_be_there(read)
                                         : found->second.may_be_gone(read);
  if (fits) return std::nullopt;
  std::string text = printable(key) + " holds " + shown(value) + ", not ";
  if (found == cells.end()) return text + "nothing";
  text += shown(found->second.value);
  if (found->second.ttl_ms != 0)
    text += " (read from " + std::to_string(read.begin) + " to " + std::to_string(read.end) +
            ", it expires from " + std::to_string(found->second.expires.begin) + " to " +
            std::to_string(found->second.expires.end) + ")";
  return text;
}

void Plot::begin(Cells after) {
  COPPICE_CHECK(is_settled());
  maybe_ = std::move(after);
}

void Plot::acknowledged(Moment end) {
  now_ = *std::exchange(maybe_, std::nullopt);
  bound_expiry(now_, end);
}

std::optional<std::string> Plot::compare(const Cells& cells, std::span<const std::optional<Bytes>> values,
                                         Span read) const {
  COPPICE_CHECK(values.size() == keys_.size());
  for (size_t i = 0; i < keys_.size(); ++i)
    if (auto problem = judge_cell(cells, keys_[i], values[i], read)) return problem;
  return std::nullopt;
}

std::optional<std::string> Plot::judge(std::span<const std::optional<Bytes>> values, Span read,
                                       uint64_t generation) {
  const auto misfit = compare(now_, values, read);
  if (!maybe_) return misfit;
  const bool over = generation > lost_in_;
  const auto other_misfit = compare(*maybe_, values, read);
  if (misfit && other_misfit)
    return "after a batch without an answer: as before it, " + *misfit + "; as behind it, " + *other_misfit;
  // Where both fit, what they differ in is gone for good: the one is as true as the other, once nothing can land.
  if (misfit) {
    now_ = *std::exchange(maybe_, std::nullopt);
    bound_expiry(now_, read.end);
  } else if (over) {
    maybe_.reset();
  }
  return std::nullopt;
}

std::optional<std::string> Plot::judge_one(const Bytes& key, const std::optional<Bytes>& value,
                                           Span read) const {
  const auto misfit = judge_cell(now_, key, value, read);
  if (!misfit || !maybe_ || !judge_cell(*maybe_, key, value, read)) return std::nullopt;
  return misfit;
}

}  // namespace coppice::torture
