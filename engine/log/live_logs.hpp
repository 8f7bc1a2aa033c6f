// Which logs of a tree are still needed, and why.
#pragma once

#include <map>
#include <vector>

#include "engine/log/spanning.hpp"

namespace coppice::engine {

/// A log is needed while it is written to, while a commit in it is in no table, and while it holds a batch
/// over several shards that is not settled. The one with the highest number is written to.
class LiveLogs {
public:
  /// From now on this log is written to. `key_id`: of the key it is encrypted with; 0: it is not. Requires: its number is the
  /// highest.
  void begin(uint64_t number, uint64_t key_id = 0);
  /// The log written to holds, or held before the tree was opened, a record of `commit`.
  void note(Timestamp commit);
  void note_spanning(Timestamp commit);
  /// Of the log written to, in bytes.
  void set_size(uint64_t size);
  /// As note_spanning, for one found by recovery; it is listed by recovered() until settled.
  void note_recovered(RecoveredSpanning batch);

  void settle(Timestamp commit);
  std::vector<RecoveredSpanning> recovered() const;

  uint64_t current() const;
  /// Of each log the key's.
  std::vector<uint64_t> key_ids() const;
  /// Of all logs, in bytes.
  uint64_t size() const;
  /// The logs that are not needed once every commit up to `flushed` is in tables.
  std::vector<uint64_t> retirable(Timestamp flushed) const;
  /// They are there no more.
  void retire(const std::vector<uint64_t>& logs);

private:
  struct Log {
    uint64_t key_id = 0;
    Timestamp newest;
    uint64_t size = 0;
  };
  struct Spanning {
    uint64_t log = 0;
    std::optional<RecoveredSpanning> recovered;
  };

  std::map<uint64_t, Log> logs_;
  std::map<Timestamp, Spanning> unsettled_;
};

}  // namespace coppice::engine
