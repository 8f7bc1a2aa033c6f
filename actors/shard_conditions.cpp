// How a shard decides writes with conditions.
#include <algorithm>
#include <unordered_set>

#include "actors/routing_table.hpp"
#include "actors/shard.hpp"

namespace coppice::actors {
namespace {

/// Keys that requests of a group write.
class Touched {
public:
  void add(const engine::Batch& batch) {
    for (engine::Batch::Reader reader(batch); const auto operation = reader.next();) {
      if (operation->kind == engine::OperationKind::delete_range) {
        ranges_.push_back(range_of(*operation));
      } else {
        keys_.insert(operation->key);
      }
    }
  }
  bool any_of(const Conditions& conditions) const {
    return std::ranges::any_of(conditions.all(), [this](const Condition& condition) {
      return keys_.contains(condition.key) || std::ranges::any_of(ranges_, [&](const KeyRange& range) {
               return range.contains(condition.key);
             });
    });
  }

private:
  /// Views into the batches.
  std::unordered_set<ByteView> keys_;
  std::vector<KeyRange> ranges_;
};

}  // namespace

/// Nothing is written until the group is decided: the tree is this turn's, or lent.
bool Shard::read_conditions() {
  // Shared: while the tree is lent a failure may answer the requests.
  std::vector<std::shared_ptr<Conditions>> apart;
  for (const auto& request : group_) {
    if (request->conditions == nullptr) continue;
    const Status read = request->conditions->read(*port_->reader, true);
    if (!read.ok() && read.error().code == Errc::would_block) apart.push_back(request->conditions);
  }
  if (apart.empty()) return decide_group();
  lend(
      [reader = port_->reader, apart] {
        // What goes wrong is that write's own matter.
        for (const auto& conditions : apart) (void)conditions->read(*reader, false).ok();
        return success();
      },
      [this](const Status&) { (void)decide_group(); });
  return false;
}

/// Answers those that are not to be made, and commits the others.
bool Shard::decide_group() {
  std::vector<std::unique_ptr<WriteRequest>> decided;
  Touched touched;
  size_t last = group_.size();
  while (last > 0 && group_[last - 1]->conditions == nullptr) --last;
  size_t index = 0;
  for (; index < group_.size(); ++index) {
    std::unique_ptr<WriteRequest>& request = group_[index];
    if (request->conditions != nullptr) {
      if (touched.any_of(*request->conditions)) break;
      const Result<bool> hold = request->conditions->hold();
      if (!hold.ok()) {
        answer(std::move(request), hold.error());
        continue;
      }
      if (!*hold) {
        answer(std::move(request), tree_->last_commit());
        continue;
      }
    }
    if (index + 1 < last) touched.add(request->batch);
    decided.push_back(std::move(request));
  }
  // What is left sees what is written now.
  for (; group_.size() > index; group_.pop_back()) waiting_.push_front(std::move(group_.back()));
  group_ = std::move(decided);
  return group_.empty() || commit_group();
}

}  // namespace coppice::actors
