// The router's list of shards: who serves, who does not and why; and the routing table made of it.
#pragma once

#include <map>
#include <set>

#include "actors/core.hpp"
#include "actors/protocol.hpp"

namespace coppice::actors {

/// Owned by the router. Every change is published at once.
class ShardRoster {
public:
  struct Member {
    uint64_t id = 0;
    KeyRange range;
    /// Nothing while it does not serve.
    std::shared_ptr<ShardPort> port;
    ShardActor actor;
    Error problem{Errc::unavailable, ""};
  };

  explicit ShardRoster(RoutingSlot& slot) : slot_(slot) {}

  /// A shard of the map serves.
  void serve(const OpenedShard& shard);
  /// A shard of the map could not be opened, or has failed: its range is refused with `why`.
  /// Returns the port that it had, closed to nobody yet, or nothing.
  std::shared_ptr<ShardPort> withdraw(uint64_t id, const KeyRange& range, const Error& why);
  /// Two shards in the place of one, with one publication.
  void replace(uint64_t parent, const OpenedShards& children);
  /// The store is closed: there is no table any more.
  void close();

  const Member& find(ByteView key) const;
  /// Nothing if there is no such shard.
  const Member* find_id(uint64_t id) const;
  std::vector<const Member*> find_overlapping(const KeyRange& range) const;
  /// Requires: complete().
  const RoutingTable& table() const { return *slot_.current(); }
  /// Every key has a shard, serving or not. So it is once the supervisor has reported all.
  bool complete() const;

private:
  void publish();

  RoutingSlot& slot_;
  // By the first key of their ranges.
  std::map<Bytes, Member> members_;
};

/// Why a shard's range is refused, in words, with the code that says what a caller can do.
Error refusal(uint64_t id, const KeyRange& range, const Error& why);

}  // namespace coppice::actors
