// Sends records to a node in pipelined batches, and knows how many are kept.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <unordered_set>
#include <vector>

#include "cluster/client/client.hpp"
#include "cluster/text/record.hpp"

namespace coppice::cluster {

struct LoaderOptions {
  Durability durability = Durability::synced;
  /// Lines before the first record that comes: they count as kept.
  uint64_t skipped_lines = 0;
  /// A broken connection is made again, and what was not acknowledged is sent again; otherwise it is the end.
  bool reconnect = false;
  /// How long a busy or absent node may take to keep one more record.
  std::chrono::milliseconds patience{60'000};
};

/// Records are kept in the order of their lines wherever order can be seen: of two lines with one key the
/// later wins, and what is reported as kept has no gap.
///
///     records -> batch being filled -> batches under way, oldest first -> kept
///
/// A batch refused as unavailable is sent again after the time the node asked for. After an error of any
/// function nothing more is sent.
class Loader {
public:
  using Connect = std::function<Result<std::unique_ptr<client::Client>>()>;

  /// `connect` makes a connection like `client` anew.
  Loader(std::unique_ptr<client::Client> client, Connect connect, const LoaderOptions& options);

  /// Requires: `line` rises. Blocks: while much is under way.
  Status add(uint64_t line, const Record& record);
  /// Waits until all that was added so far is kept.
  Status finish();

  /// Every record up to this line is kept.
  uint64_t kept_lines() const { return kept_lines_; }
  uint64_t kept_records() const { return kept_records_; }
  /// Of their keys and values.
  uint64_t kept_size() const { return kept_size_; }

private:
  /// A batch on its way. Shared with the answer's callback, which may outlive the wait for it.
  struct Piece {
    client::Batch batch;
    std::vector<size_t> key_hashes;
    uint64_t last_line = 0;
    uint64_t size = 0;
    bool kept = false;
    std::optional<Error> refused;
  };

  Status send_filled();
  Status begin(const std::shared_ptr<Piece>& piece);
  /// Moves what is kept out of the way.
  void collect();
  /// Waits until all that is under way is kept; sends again what may be sent again.
  Status settle();
  Error first_refusal() const;
  void reconnect();
  void begin_again();

  const Connect connect_;
  const LoaderOptions options_;
  std::shared_ptr<Piece> filling_;
  std::deque<std::shared_ptr<Piece>> under_way_;
  std::unordered_set<size_t> keys_under_way_;
  uint64_t kept_lines_;
  uint64_t kept_records_ = 0;
  uint64_t kept_size_ = 0;
  /// Nothing while a new connection fails to come about; `absent_` is why.
  std::unique_ptr<client::Client> client_;
  Status absent_;
  /// Why nothing more is sent.
  Status failed_;
};

}  // namespace coppice::cluster
