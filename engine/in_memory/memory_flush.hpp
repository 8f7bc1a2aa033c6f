// One memtable out of many, without what nobody can ask for any more.
#pragma once

#include <memory>
#include <vector>

#include "engine/compact/job.hpp"
#include "engine/compact/survivors.hpp"
#include "engine/memory/memtable.hpp"

namespace coppice::engine {

class MemoryFlush final : public JobWork {
public:
  using Inputs = std::vector<std::shared_ptr<const Memtable>>;

  /// `inputs`: newest first; all that the tree has below what is being written. `output`: empty.
  MemoryFlush(Inputs inputs, std::shared_ptr<Memtable> output, SurvivalRules rules);

  void run_part(size_t part, const std::atomic<bool>& cancelled, const Job::Pace& pace) override;
  uint64_t bytes_written() const override;

  const SurvivalRules& rules() const { return rules_; }
  /// What came of it; cancelled before it has run.
  const Status& status() const { return status_; }
  /// Requires: status() is ok.
  const std::shared_ptr<Memtable>& output() const { return output_; }

private:
  Status copy(const std::atomic<bool>& cancelled);

  const Inputs inputs_;
  const std::shared_ptr<Memtable> output_;
  const SurvivalRules rules_;
  Status status_ = Error{Errc::cancelled, "the flush was not run"};
};

}  // namespace coppice::engine
