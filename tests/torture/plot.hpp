// The oracle: what the keys of one client may hold, though some of its writes had no answer.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cluster/client/batch.hpp"
#include "schema/types.hpp"

namespace coppice::torture {

/// Milliseconds since 1970 of this machine's clock, which is the node's too.
using Moment = uint64_t;
inline constexpr Moment kNever = UINT64_MAX;
Moment now_ms();

/// A read was answered of some moment in here, ends included.
struct Span {
  Moment begin;
  Moment end;
};

struct Cell {
  Bytes value;
  /// 0: it stays for ever.
  uint64_t ttl_ms = 0;
  /// With a ttl: it expires at some moment in here.
  Span expires{kNever, kNever};

  /// Whether a read may, and whether it must find it.
  bool may_be_there(Span read) const { return read.begin <= expires.end; }
  bool may_be_gone(Span read) const { return read.end >= expires.begin; }
};

/// Present keys and what they hold.
using Cells = std::map<Bytes, Cell>;

/// A batch, and what it makes of the keys that it meets.
class Change {
public:
  /// `now`: the earliest moment at which the node may take it.
  Change(Cells before, Moment now) : after_(std::move(before)), now_(now) {}

  void put(const Bytes& key, const Bytes& value);
  void put_for(const Bytes& key, const Bytes& value, uint64_t ttl_ms);
  void remove(const Bytes& key);
  /// Requires: `key` is absent or never expires; add and max: absent or a number.
  void merge(const Bytes& key, Operator op, const Bytes& operand);
  void delete_range(const Bytes& begin, const Bytes& end);

  const client::Batch& batch() const { return batch_; }
  const Cells& after() const { return after_; }

private:
  client::Batch batch_;
  Cells after_;
  const Moment now_;
};

/// Keys that one client alone writes to, one batch at a time. A batch without an answer may take effect at any time until the
/// node's process has ended; until then nothing more is written here.
class Plot {
public:
  /// `keys` in order.
  explicit Plot(std::vector<Bytes> keys) : keys_(std::move(keys)) {}

  const std::vector<Bytes>& keys() const { return keys_; }
  /// What is there is known.
  bool is_settled() const { return !maybe_; }
  /// Requires: is_settled().
  const Cells& cells() const { return now_; }

  // One batch. Requires: is_settled(), and begin() before the others.
  void begin(Cells after);
  /// `end`: when the answer came.
  void acknowledged(Moment end);
  /// With certainty nothing was kept.
  void refused() { maybe_.reset(); }
  /// Nobody knows, until the process that was asked, the node's n-th, has ended.
  void lost(uint64_t generation) { lost_in_ = generation; }

  /// Judges a read of all keys at one moment, by the n-th process of the node; nothing: it is as it must be. Settles what the
  /// read decides.
  std::optional<std::string> judge(std::span<const std::optional<Bytes>> values, Span read,
                                   uint64_t generation);
  /// Of one key.
  std::optional<std::string> judge_one(const Bytes& key, const std::optional<Bytes>& value, Span read) const;
  /// Of all keys, against what they held once. Nothing: the same.
  std::optional<std::string> compare(const Cells& cells, std::span<const std::optional<Bytes>> values,
                                     Span read) const;

private:
  std::vector<Bytes> keys_;
  Cells now_;
  /// What the batch under way, or the one that was lost, makes of it.
  std::optional<Cells> maybe_;
  uint64_t lost_in_ = 0;
};

/// Whether a key may hold what was read; nothing: it may.
std::optional<std::string> judge_cell(const Cells& cells, const Bytes& key, const std::optional<Bytes>& value,
                                      Span read);

}  // namespace coppice::torture
