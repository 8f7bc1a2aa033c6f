// Which shards that ended may be opened again, and which must wait for others.
#pragma once

#include <cstdint>
#include <list>
#include <set>
#include <vector>

namespace coppice::actors {

/// Participants of a batch over several shards that failed half-way owe one another their parts: they are
/// opened again together, once all have ended. Any other shard is opened again alone.
class EndedShards {
public:
  /// These are about to log one batch. Requires: no other group is undecided.
  void bind(std::vector<uint64_t> ids);
  /// All have logged it: each is on its own again. Returns those that ended meanwhile.
  std::vector<uint64_t> unbind();
  /// It failed: all of them will end. Returns them if they have.
  std::vector<uint64_t> condemn();
  /// Returns the shards to open now, together; empty: not yet.
  std::vector<uint64_t> end(uint64_t id);

private:
  struct Group {
    std::vector<uint64_t> ids;
    std::set<uint64_t> ended;
    bool decided = false;
  };
  std::vector<uint64_t> take_if_complete(std::list<Group>::iterator group);

  std::list<Group> groups_;
};

}  // namespace coppice::actors
