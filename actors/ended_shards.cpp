#include "actors/ended_shards.hpp"

#include <algorithm>

#include "schema/check.hpp"

namespace coppice::actors {

void EndedShards::bind(std::vector<uint64_t> ids) {
  COPPICE_CHECK(std::ranges::all_of(groups_, &Group::decided));
  groups_.push_back({std::move(ids), {}, false});
}

std::vector<uint64_t> EndedShards::unbind() {
  COPPICE_CHECK(!groups_.empty());
  COPPICE_CHECK(!groups_.back().decided);
  std::vector<uint64_t> ended(groups_.back().ended.begin(), groups_.back().ended.end());
  groups_.pop_back();
  return ended;
}

std::vector<uint64_t> EndedShards::condemn() {
  COPPICE_CHECK(!groups_.empty());
  COPPICE_CHECK(!groups_.back().decided);
  groups_.back().decided = true;
  return take_if_complete(std::prev(groups_.end()));
}

std::vector<uint64_t> EndedShards::end(uint64_t id) {
  const auto group = std::ranges::find_if(
      groups_, [&](const Group& g) { return std::ranges::find(g.ids, id) != g.ids.end(); });
  if (group == groups_.end()) return {id};
  group->ended.insert(id);
  return take_if_complete(group);
}

std::vector<uint64_t> EndedShards::take_if_complete(std::list<Group>::iterator group) {
  if (!group->decided || group->ended.size() < group->ids.size()) return {};
  std::vector<uint64_t> ids = std::move(group->ids);
  groups_.erase(group);
  return ids;
}

}  // namespace coppice::actors
