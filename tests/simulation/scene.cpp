#include "tests/simulation/scene.hpp"

#include <algorithm>

#include "actors/shard_map.hpp"
#include "actors/store_actors.hpp"
#include "actors/store_paths.hpp"
#include "engine/io/file_names.hpp"

namespace coppice::simulation {

Scene::Scene(const Plan& plan, History& history, Conditions& conditions)
    : plan_(plan),
      history_(history),
      conditions_(conditions),
      disk_(seed_of(plan.seed, Stream::disk)),
      platform_(seed_of(plan.seed, Stream::steps)),
      checkpoints_(plan, history, conditions, files_),
      options_(plan.options) {
  options_.files = &files_;
  options_.platform = &platform_;
  options_.on_event = [this](const actors::StoreEvent& told) { on_event(told.event); };
}

Scene::~Scene() { store_.reset(); }

void Scene::give_up(std::string why) {
  history_.accuse(std::move(why));
  is_lost_ = true;
}

void Scene::open() {
  for (;;) {
    const bool is_hard = !is_calm_ && disk_.one_in(3);
    if (is_hard) disk_.one_in(2) ? files_.stop_after(disk_.below(80)) : files_.fail_after(disk_.below(80));
    auto opened = actors::Store::open(options_);
    // A store that failed may have judged by it as well.
    if (!opened.ok() || is_dead()) earlier_clock_ms_ = platform_.latest_wall_ms();
    if (is_dead()) {
      conditions_.met(Condition::power_loss_in_recovery);
      if (opened.ok()) opened->reset();
      crash();
      continue;
    }
    files_.heal();
    if (!opened.ok() && is_hard && opened.error().code == Errc::io_error) continue;
    if (!opened.ok()) return give_up("the store cannot be opened: " + to_string(opened.error()));
    store_ = std::move(*opened);
    return;
  }
}

bool Scene::step() {
  const bool stepped = platform_.step(actors::StoreActors::system(*store_));
  platform_.note(files_.operation_count());
  return stepped;
}

bool Scene::pass_time() { return platform_.pass_time(actors::StoreActors::system(*store_)); }

void Scene::close() {
  if (has_calls_under_way()) conditions_.met(Condition::closed_with_calls_under_way);
  end_life();
  // What goes wrong may have gone wrong while it closed.
  if (is_dead()) crash();
}

void Scene::kill() {
  conditions_.met(Condition::process_killed);
  end_life();
  files_.heal();
}

void Scene::lose_power() {
  conditions_.met(Condition::power_loss);
  note_where_it_ended();
  const auto batches = batches_;
  end_life();
  crash();
  batches_ = batches;
  if (has_half_a_batch()) conditions_.met(Condition::power_loss_with_half_a_batch);
  batches_.clear();
}

void Scene::crash() {
  files_.crash(disk_.next());
  // What they have of keys that are written `buffered` is of before.
  checkpoints_.look(platform_);
  history_.lose_power();
}

void Scene::end_life() {
  ++life_;
  store_.reset();
  // What they wrote may have been read, and is to be known before anybody asks what could be.
  on_end_of_life();
  history_.end_life();
  checkpoints_.end_life();
  earlier_clock_ms_ = platform_.latest_wall_ms();
  if (has_calls_under_way())
    give_up(std::to_string(asked_ - answered_) + " calls were not answered though the store was closed");
  asked_ = answered_ = 0;
  splits_ = 0;
  ingests_ = 0;
  batches_.clear();
  down_.clear();
}

void Scene::note_where_it_ended() {
  const std::string& where = files_.last_failure();
  const auto was = [&](std::string_view part) { return where.find(part) != std::string::npos; };
  if (is_splitting()) conditions_.met(Condition::power_loss_while_splitting);
  if (checkpoints_.is_any_under_way()) conditions_.met(Condition::power_loss_in_checkpoint);
  if (ingests_ > 0) conditions_.met(Condition::power_loss_in_ingest);
  if (was("MANIFEST.") || was("MANIFEST: rename")) conditions_.met(Condition::power_loss_in_manifest_switch);
  if (was("SHARDS.")) conditions_.met(Condition::power_loss_in_map_switch);
}

/// Whether a batch that was under way lies in the logs of some of its shards and not of others.
bool Scene::has_half_a_batch() {
  const std::string& directory = options_.directory;
  const auto map = actors::read_shard_map(files_, actors::map_path(directory), {});
  if (!map.ok()) return false;
  for (const auto& [value, keys] : batches_) {
    const Bytes mark = bytes_of(value, kValueSizeMin);
    std::set<bool> logged;
    for (size_t i = 0; i < map->shards.size(); ++i) {
      const KeyRange range = map->range(i);
      if (std::ranges::none_of(keys, [&](size_t key) { return range.contains(plan_.keys[key]); })) continue;
      const std::string shard = actors::shard_path(directory, map->shards[i].id);
      bool has = false;
      const auto names = files_.list(shard);
      for (const std::string& name : names.ok() ? *names : std::vector<std::string>())
        has |= name.ends_with(".log") &&
               files_.content(engine::join_path(shard, name)).find(mark) != Bytes::npos;
      logged.insert(has);
    }
    if (logged.size() == 2) return true;
  }
  return false;
}

void Scene::on_event(const engine::Event& event) {
  using Kind = engine::EventKind;
  const bool is_damage = !event.outcome.ok() && event.outcome.error().code == Errc::corruption;
  if (is_damage && !is_dead()) history_.accuse("damage: " + event.outcome.error().text);
  if (event.kind == Kind::merge_ended) {
    conditions_.met(event.outcome.ok() ? Condition::merge : Condition::merge_cancelled);
    if (is_splitting()) conditions_.met(Condition::merge_while_splitting);
    if (checkpoints_.is_any_under_way()) conditions_.met(Condition::merge_while_checkpointing);
  }
  if (event.kind == Kind::split) conditions_.met(Condition::split);
  if (event.kind == Kind::stall_begun) conditions_.met(Condition::write_stalled);
  if (event.kind == Kind::shard_down && !event.outcome.ok()) {
    // Later ones tell why it could not be opened.
    down_.try_emplace(event.tree, event.outcome.error().text);
  }
  if (event.kind == Kind::shard_up) {
    const auto down = down_.find(event.tree);
    if (down == down_.end()) return;
    conditions_.met(Condition::shard_restarted);
    if (down->second.find("cannot sync") != std::string::npos)
      conditions_.met(Condition::shard_restarted_after_failed_sync);
    down_.erase(down);
  }
}

}  // namespace coppice::simulation
