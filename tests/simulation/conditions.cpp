#include "tests/simulation/conditions.hpp"

namespace coppice::simulation {

std::string name_of(Condition condition) {
  static constexpr std::array<const char*, kConditionCount> kNames = {
      "merge",
      "merge cancelled",
      "merge while splitting",
      "split",
      "split failed",
      "snapshot read while splitting",
      "scan over a split",
      "power loss",
      "power loss while splitting",
      "power loss in a switch of manifests",
      "power loss in a switch of shard maps",
      "power loss in recovery",
      "power loss with a batch over shards half logged",
      "process killed",
      "closed with calls under way",
      "shard restarted",
      "shard restarted after a failed sync",
      "batch over shards of unknown outcome",
      "end of a life just after a batch under way was read",
      "write refused, as too much waits",
      "write stalled",
      "disk was full",
      "write of more than a second",
      "exchange refused",
      "clock set back",
      "operand of unknown outcome",
      "snapshot of operands read again",
      "key that expired between two reads",
      "merge asked for while paused",
      "merge cancelled while paused",
      "checkpoint",
      "merge while a checkpoint is made",
      "power loss in a checkpoint",
      "checkpoint that a crash left unfinished",
      "ingest",
      "ingest that failed",
      "ingest while splitting",
      "power loss in an ingest",
      "key seen at a snapshot that has expired since",
  };
  return kNames[static_cast<size_t>(condition)];
}

std::vector<std::string> Conditions::missing() const {
  std::vector<std::string> names;
  for (size_t i = 0; i < kConditionCount; ++i)
    if (counts_[i] == 0) names.push_back(name_of(static_cast<Condition>(i)));
  return names;
}

}  // namespace coppice::simulation
