#include "tests/torture/shared_numbers.hpp"

#include <algorithm>

#include "schema/operators.hpp"

namespace coppice::torture {
namespace {

constexpr size_t kRaisersMax = 10'000;

/// An absent counter is 0.
std::optional<int64_t> as_number(const std::optional<Bytes>& value) {
  return value ? number_of(*value) : std::optional<int64_t>(0);
}

}  // namespace

SharedNumbers::SharedNumbers(const std::vector<Bytes>& groups)
    : cas_key_(groups[groups.size() / 2] + "/shared/cas") {
  for (const Bytes& group : groups) counters_.push_back(group + "/shared/count");
}

std::optional<std::string> SharedNumbers::judge_counters(std::span<const std::optional<Bytes>> values,
                                                         int64_t at_least, int64_t at_most) const {
  const auto first = as_number(values[0]);
  for (size_t i = 0; i < values.size(); ++i) {
    const auto number = as_number(values[i]);
    if (!number) return counters_[i] + " holds no number";
    if (*number != *first)
      return counters_[i] + " is " + std::to_string(*number) + " and " + counters_[0] + " is " +
             std::to_string(*first) + " at one moment: half a batch";
  }
  if (*first >= at_least && *first <= at_most) return std::nullopt;
  return counters_[0] + " is " + std::to_string(*first) + ": " + std::to_string(at_least) +
         " additions were acknowledged, " + std::to_string(at_most) + " were tried";
}

std::optional<std::string> SharedNumbers::raised(int64_t number, int client) {
  const std::lock_guard lock(mutex_);
  const auto [found, is_new] = raisers_.emplace(number, client);
  if (!is_new)
    return cas_key_ + " was raised to " + std::to_string(number) + " by client " + std::to_string(client) +
           " and by client " + std::to_string(found->second) + ": an update is lost";
  if (raisers_.size() > kRaisersMax) raisers_.erase(raisers_.begin());
  highest_ = std::max(highest_.load(), number);
  return std::nullopt;
}

std::optional<std::string> SharedNumbers::judge_cas(const std::optional<Bytes>& value,
                                                    int64_t at_least) const {
  const auto number = as_number(value);
  if (number && *number >= at_least) return std::nullopt;
  return cas_key_ + " is " + (number ? std::to_string(*number) : "no number") + " and was " +
         std::to_string(at_least) + " before";
}

}  // namespace coppice::torture
