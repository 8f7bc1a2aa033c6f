// How much of which value files a table refers to.
#pragma once

#include <vector>

#include "schema/types.hpp"

namespace coppice::engine {

/// Each value has one entry that refers to it, so what all tables of a tree use of a file is what lives in it, exactly; and
/// what goes with a table, read or not, is known without opening it.
class ValueUses {
public:
  /// Some stored bytes of one file.
  struct Use {
    /// Its number.
    uint64_t file = 0;
    uint64_t size = 0;
    bool operator==(const Use&) const = default;
  };

  void add(uint64_t file, uint64_t size);

  /// Ascending.
  const std::vector<Use>& all() const { return uses_; }
  bool empty() const { return uses_.empty(); }
  /// Of all files.
  uint64_t size() const { return size_; }

  bool operator==(const ValueUses&) const = default;

private:
  std::vector<Use> uses_;
  uint64_t size_ = 0;
};

}  // namespace coppice::engine
