#include "actors/conditions.hpp"

#include <algorithm>

namespace coppice::actors {

Status Conditions::check(const std::vector<Condition>& all) {
  if (all.size() > kConditionsMax)
    return Error{Errc::invalid_argument, "the write has " + std::to_string(all.size()) +
                                             " conditions, and may have " + std::to_string(kConditionsMax)};
  for (const Condition& condition : all) COPPICE_TRY(check_key(condition.key));
  return success();
}

bool Conditions::in(const KeyRange& range) const {
  return std::ranges::all_of(all_, [&](const Condition& condition) { return range.contains(condition.key); });
}

size_t Conditions::size() const {
  size_t size = 0;
  for (const Condition& condition : all_) size += sizeof(condition) + condition.key.size();
  return size;
}

Status Conditions::read(const engine::TreeReader& reader, bool cached_only) {
  versions_.clear();
  read_ = success();
  for (const Condition& condition : all_) {
    const auto found = reader.get_versioned(condition.key, {.at = std::nullopt, .cached_only = cached_only});
    if (!found.ok()) return read_ = found.error();
    versions_.push_back(found->version);
  }
  return success();
}

Result<bool> Conditions::hold() {
  COPPICE_TRY(Status(read_));
  COPPICE_CHECK(versions_.size() == all_.size());
  failed_.reset();
  for (size_t i = 0; i < all_.size() && !failed_; ++i)
    if (all_[i].version != versions_[i]) failed_ = i;
  return !failed_;
}

WriteOutcome Conditions::outcome(Timestamp commit) const {
  WriteOutcome outcome;
  if (failed_) {
    outcome.failed = *failed_;
    outcome.version = versions_[*failed_];
  } else {
    outcome.commit = commit;
  }
  return outcome;
}

}  // namespace coppice::actors
