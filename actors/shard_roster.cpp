#include "actors/shard_roster.hpp"

#include "actors/recovery.hpp"

namespace coppice::actors {

Error refusal(uint64_t id, const KeyRange& range, const Error& why) {
  constexpr uint32_t kRetryAfterMs = 200;
  const std::string which = "shard " + std::to_string(id) + ", which has the keys from " +
                            printable(range.begin) + (range.end ? " to " + printable(*range.end) : " on") +
                            ", ";
  if (is_lasting(why)) return {why.code, which + "does not serve: " + why.text};
  return {Errc::unavailable, which + "is restarting after " + to_string(why) + ": wait and try again",
          kRetryAfterMs};
}

void ShardRoster::serve(const OpenedShard& shard) {
  members_.insert_or_assign(shard.port->range.begin,
                            Member{shard.port->id, shard.port->range, shard.port, shard.actor});
  publish();
}

std::shared_ptr<ShardPort> ShardRoster::withdraw(uint64_t id, const KeyRange& range, const Error& why) {
  Member& member = members_[range.begin];
  // A shard that was split meanwhile is not ours any more.
  if (member.id != 0 && member.id != id) return nullptr;
  std::shared_ptr<ShardPort> port = std::move(member.port);
  member = {id, range, nullptr, ShardActor(), refusal(id, range, why)};
  publish();
  return port;
}

void ShardRoster::replace(uint64_t parent, const OpenedShards& children) {
  COPPICE_CHECK(find_id(parent) != nullptr);
  members_.erase(find_id(parent)->range.begin);
  for (const OpenedShard& child : children)
    members_.emplace(child.port->range.begin,
                     Member{child.port->id, child.port->range, child.port, child.actor});
  publish();
}

void ShardRoster::close() {
  members_.clear();
  slot_.publish(nullptr);
  slot_.reclaim();
}

const ShardRoster::Member& ShardRoster::find(ByteView key) const {
  return std::prev(members_.upper_bound(Bytes(key)))->second;
}

const ShardRoster::Member* ShardRoster::find_id(uint64_t id) const {
  for (const auto& [begin, member] : members_)
    if (member.id == id) return &member;
  return nullptr;
}

std::vector<const ShardRoster::Member*> ShardRoster::find_overlapping(const KeyRange& range) const {
  std::vector<const Member*> found;
  for (const auto& [begin, member] : members_)
    if (member.range.overlaps(range)) found.push_back(&member);
  return found;
}

bool ShardRoster::complete() const {
  if (members_.empty() || !members_.begin()->first.empty()) return false;
  for (auto at = members_.begin(); at != members_.end(); ++at) {
    const auto next = std::next(at);
    const bool joined = next == members_.end() ? !at->second.range.end
                                               : at->second.range.end == std::optional<Bytes>(next->first);
    if (!joined) return false;
  }
  return true;
}

void ShardRoster::publish() {
  if (!complete()) return;
  std::vector<Route> routes;
  for (const auto& [begin, member] : members_)
    routes.push_back({member.id, member.range, member.port, member.problem});
  slot_.publish(std::make_unique<const RoutingTable>(std::move(routes)));
  slot_.reclaim();
}

}  // namespace coppice::actors
