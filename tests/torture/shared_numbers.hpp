// What all clients write to: a counter on every shard, by batches over all of them, and a number raised by compare-and-set.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "schema/types.hpp"

namespace coppice::torture {

/// Threads: any.
class SharedNumbers {
public:
  /// `groups`: the first bytes of keys, in order; each gets a counter.
  explicit SharedNumbers(const std::vector<Bytes>& groups);

  /// One for each group. A batch adds 1 to all of them, so at any one moment all are equal.
  const std::vector<Bytes>& counters() const { return counters_; }
  const Bytes& cas_key() const { return cas_key_; }

  void begin_add() { added_at_most_.fetch_add(1); }
  void end_add(bool acknowledged) {
    if (acknowledged) added_at_least_.fetch_add(1);
  }
  /// Taken before a read begins.
  int64_t added_at_least() const { return added_at_least_.load(); }
  int64_t added_at_most() const { return added_at_most_.load(); }
  /// `values` of counters(), of one moment.
  std::optional<std::string> judge_counters(std::span<const std::optional<Bytes>> values, int64_t at_least,
                                            int64_t at_most) const;

  /// A client was told that it raised the number to `number`. A problem if another was told the same.
  std::optional<std::string> raised(int64_t number, int client);
  int64_t raised_at_least() const { return highest_.load(); }
  /// `value` of cas_key(), read after raised_at_least() was `at_least`.
  std::optional<std::string> judge_cas(const std::optional<Bytes>& value, int64_t at_least) const;

private:
  std::vector<Bytes> counters_;
  Bytes cas_key_;
  std::atomic<int64_t> added_at_least_{0};
  std::atomic<int64_t> added_at_most_{0};
  std::atomic<int64_t> highest_{0};
  std::mutex mutex_;
  /// Who raised it to each number that anybody was told of, of the latest many.
  std::map<int64_t, int> raisers_;
};

}  // namespace coppice::torture
