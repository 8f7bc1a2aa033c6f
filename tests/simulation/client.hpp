// Somebody who calls the store, one call after the other, and writes down what came of it.
#pragma once

#include <deque>
#include <span>

#include "tests/simulation/scene.hpp"

namespace coppice::simulation {

class Client {
public:
  Client(Scene& scene, uint64_t index);

  bool is_idle() const { return !busy_; }
  /// Begins the next call. Requires: is_idle().
  void call();
  /// A life has ended: nobody will hear of the call under way.
  void lose();

private:
  /// A change that a call under way makes to a key.
  struct Change {
    size_t key;
    Access::Kind kind;
    uint64_t value;
    uint64_t expected = kAbsent;
    uint64_t expiry_ms = kNever;
  };
  enum class Outcome : uint8_t { done, unknown, refused };
  struct HeldSnapshot {
    actors::SnapshotHandle handle;
    Moments moments;
    View seen;
    uint64_t reads_left;
  };
  struct Scanning;

  // Calls (client_writes.cpp).
  void put();
  void remove();
  void write_loose();
  void write_group();
  void delete_range();
  void exchange();
  void apply_operand();
  void write(engine::Batch batch, Durability durability = Durability::synced);
  void end_write(Outcome outcome);
  void hear_write(const Status& outcome);

  // Calls (client_reads.cpp).
  void get();
  void get_many();
  void scan();
  void take_snapshot();
  void read_snapshot();
  void get_at(HeldSnapshot& held);
  void scan_at(HeldSnapshot& held);
  void begin_scan(const std::shared_ptr<Scanning>& scanning);
  void next_page(const std::shared_ptr<Scanning>& scanning);
  bool take_page(Scanning& scanning, const actors::Page& page);
  void end_scan(Scanning& scanning);
  void see_at(HeldSnapshot& held, const View& view);

  // Calls (client_care.cpp, client_ingest.cpp).
  void split();
  void care(Call call);
  void compact();
  void cancel_merge();
  void make_checkpoint();
  void ingest();
  Status build_file(const std::string& path, std::span<const size_t> keys,
                    const std::function<std::optional<uint64_t>(size_t)>& given);
  void ingest_files(std::vector<std::string> paths);
  void remove_files(const std::vector<std::string>& paths);

  /// The `done` of a call: `then` gets its answer, if anybody still hears it.
  template <class T>
  actors::Done<T> heard(std::function<void(Result<T>)> then) {
    scene_.call_began();
    return [this, life = scene_.life(), then = std::move(then)](Result<T> answer) {
      if (life == scene_.life()) then_note(answer.ok());
      scene_.call_ended();
      if (life != scene_.life() || scene_.is_dead()) return;
      then(std::move(answer));
    };
  }
  void then_note(bool ok) { scene_.platform().note(ok ? 1 : 2); }
  void end_call() { busy_ = false; }
  /// Whether it is one of those that a store may give at any time.
  bool accept(const Error& error);

  /// Often one of a batch over shards that is under way.
  size_t any_key_to_get();
  size_t any_key() { return random_.below(scene_.plan().keys.size()); }
  size_t any_loose_key();
  std::vector<size_t> keys_in(const KeyRange& range) const;
  KeyRange any_range();
  Bytes any_bytes(uint64_t value);
  struct NewValue {
    Bytes bytes;
    uint64_t expiry_ms;
  };
  /// What a key is to have, by its kind: a value of its own if none is given. It is told as a change.
  NewValue new_value(size_t key, std::optional<uint64_t> given, uint64_t expiry_ms);
  /// The same, put into the batch.
  void put_new(engine::Batch& batch, size_t key);
  void put_value(engine::Batch& batch, size_t key, std::optional<uint64_t> given, uint64_t expiry_ms);
  uint64_t any_expiry();
  /// The call under way, or what of it comes now, begins.
  void begin_now();
  /// The call under way has been answered: what it read was there between its begin and now.
  Moments until_now();
  void add_operand(engine::Batch& batch, size_t key, uint64_t operand);
  std::optional<uint64_t> value_found(size_t key, const std::optional<Bytes>& bytes);

  Scene& scene_;
  History& history_;
  engine::Random random_;
  bool busy_ = false;
  bool splitting_ = false;
  // Of which, if nobody knows what came of it, a part may be there.
  bool is_ingesting_ = false;
  uint64_t began_ = 0;
  uint64_t clock_began_ms_ = 0;
  VirtualPlatform::Time began_at_{};
  std::vector<Change> changes_;
  std::deque<HeldSnapshot> snapshots_;
  // The last merge of a range that it asked for, and has not ended.
  actors::RangeMergeHandle merge_;
};

}  // namespace coppice::simulation
