// The oracle for a key that is written with durability `memory`: a clean stop keeps it, kill -9 need not.
#pragma once

#include <algorithm>
#include <deque>
#include <optional>
#include <string>

#include "schema/types.hpp"

namespace coppice::torture {

/// Written by one client alone, each time with another value.
class LooseKey {
public:
  explicit LooseKey(Bytes key) : key_(std::move(key)) {}

  const Bytes& key() const { return key_; }
  /// Values that may be lost: a durable write is due before there are too many.
  size_t loose_count() const { return values_.size() - 1; }

  void wrote(const Bytes& value) { values_.emplace_back(value); }
  /// With or without effect, sooner or later: nobody knows until the node's n-th process has ended.
  void lost(const Bytes& value, uint64_t generation) {
    wrote(value);
    is_last_ = false;
    lost_in_ = generation;
  }
  /// No earlier write can land behind the next one.
  bool may_be_written(uint64_t generation) const { return lost_in_ < generation; }
  /// All up to this value survives kill -9.
  void wrote_durably(const Bytes& value) {
    values_.assign(1, value);
    is_last_ = true;
  }
  /// The node was killed, or may have opened a shard anew: what was loose may be gone.
  void may_have_lost() { is_last_ = values_.size() == 1 && is_last_; }
  /// By a process of the node that began after all writes had ended: what it has, it keeps.
  std::optional<std::string> judge_anew(const std::optional<Bytes>& value) {
    auto problem = judge(value);
    values_.assign(1, value);
    is_last_ = true;
    return problem;
  }
  std::optional<std::string> judge(const std::optional<Bytes>& value) const {
    if (is_last_ ? value == values_.back() : std::ranges::find(values_, value) != values_.end())
      return std::nullopt;
    return printable(key_) + " holds " + (value ? printable(*value) : "nothing") + ", not " +
           (values_.back() ? printable(*values_.back()) : "nothing") +
           (is_last_ ? "" : " or one of " + std::to_string(values_.size() - 1) + " before");
  }

private:
  const Bytes key_;
  /// Oldest first; nothing: absent.
  std::deque<std::optional<Bytes>> values_{std::nullopt};
  /// The node has exactly the last.
  bool is_last_ = true;
  uint64_t lost_in_ = 0;
};

}  // namespace coppice::torture
