// A store in a world that one seed decides: its disk, its clock, and the order in which its actors work.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "actors/store.hpp"
#include "tests/simulation/checkpoints.hpp"
#include "tests/simulation/conditions.hpp"
#include "tests/simulation/history.hpp"
#include "tests/simulation/virtual_platform.hpp"
#include "tests/support/memory_file_system.hpp"

namespace coppice::simulation {

/// The store lives several lives: each ends by a clean close, by the end of the process, or by the loss of power.
class Scene {
public:
  Scene(const Plan& plan, History& history, Conditions& conditions);
  ~Scene();

  /// Opens the store, if need be again and again: the power may go while it recovers, or its disk fail.
  void open();
  /// From here on nothing goes wrong when the store is opened.
  void calm_down() { is_calm_ = true; }
  /// False: nobody has anything to do, now or later.
  bool step();
  bool pass_time();

  /// Called at the end of each life: nobody hears any more what came of the calls under way.
  std::function<void()> on_end_of_life;

  // The ends of a life. Every call is answered by then.

  void close();
  /// The process has ended; what it had given to the system is there.
  void kill();
  void lose_power();

  actors::Store& store() { return *store_; }
  engine::MemoryFileSystem& files() { return files_; }
  VirtualPlatform& platform() { return platform_; }
  Conditions& conditions() { return conditions_; }
  History& history() { return history_; }
  Checkpoints& checkpoints() { return checkpoints_; }
  const Plan& plan() const { return plan_; }
  /// What is answered in another life than it was asked in, or by the dead, nobody hears.
  uint64_t life() const { return life_; }
  /// What the store judges by what has expired, in milliseconds since 1970; and what it may have judged by in earlier lives, where that is
  /// later: what expired then is gone, though the clock was set back.
  uint64_t clock_ms() const { return store_->expiry_after(0); }
  uint64_t earlier_clock_ms() const { return earlier_clock_ms_; }
  bool is_dead() const { return files_.is_stopped(); }
  /// The store could not be opened, or does not answer: there is no use in going on.
  bool is_lost() const { return is_lost_; }
  void give_up(std::string why);

  // What is under way, told by clients.

  void call_began() { ++asked_; }
  void call_ended() { ++answered_; }
  bool has_calls_under_way() const { return asked_ != answered_; }
  void split_began() { ++splits_; }
  void split_ended() { --splits_; }
  void ingest_began() { ++ingests_; }
  void ingest_ended() { --ingests_; }
  bool is_splitting() const { return splits_ > 0; }
  bool has_shard_down() const { return !down_.empty(); }
  void batch_began(uint64_t value, std::vector<size_t> keys) { batches_[value] = std::move(keys); }
  /// Their keys, by their values.
  const std::map<uint64_t, std::vector<size_t>>& batches_under_way() const { return batches_; }
  void batch_ended(uint64_t value) { batches_.erase(value); }
  /// Somebody has read a batch that is under way.
  void batch_was_read() { batch_was_read_ = true; }
  /// Whether anybody has since this was asked last.
  bool take_batch_was_read() { return std::exchange(batch_was_read_, false); }

private:
  void on_event(const engine::Event& event);
  void end_life();
  void crash();
  void note_where_it_ended();
  bool has_half_a_batch();

  const Plan& plan_;
  History& history_;
  Conditions& conditions_;
  engine::Random disk_;
  engine::MemoryFileSystem files_;
  VirtualPlatform platform_;
  Checkpoints checkpoints_;
  actors::StoreOptions options_;
  std::unique_ptr<actors::Store> store_;
  uint64_t life_ = 1;
  uint64_t earlier_clock_ms_ = 0;
  bool is_lost_ = false;
  bool is_calm_ = false;
  uint64_t asked_ = 0;
  uint64_t answered_ = 0;
  int splits_ = 0;
  int ingests_ = 0;
  std::map<uint64_t, std::vector<size_t>> batches_;
  bool batch_was_read_ = false;
  // Shards that do not serve, by why.
  std::map<uint64_t, std::string> down_;
};

}  // namespace coppice::simulation
