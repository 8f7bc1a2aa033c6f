#include "tests/simulation/checkpoints.hpp"

#include <algorithm>

#include "actors/second_store.hpp"

namespace coppice::simulation {

std::string Checkpoints::begin(uint64_t began) {
  // Every other one lies where the store itself looks for what a crash left.
  const std::string name = "point" + std::to_string(++count_);
  const std::string inside = plan_.options.directory + "/checkpoints/" + name;
  all_.push_back({count_ % 2 == 0 ? inside : "/disk/" + name, began});
  return all_.back().directory;
}

void Checkpoints::end(const std::string& directory, bool is_made) {
  const auto at = std::ranges::find(all_, directory, &Checkpoint::directory);
  COPPICE_CHECK(at != all_.end());
  at->ended = history_.tick();
  at->is_made = is_made;
  if (is_made) conditions_.met(Condition::checkpoint);
}

bool Checkpoints::is_any_under_way() const {
  return std::ranges::any_of(all_, [](const Checkpoint& checkpoint) { return checkpoint.ended == 0; });
}

void Checkpoints::end_life() {
  for (Checkpoint& checkpoint : all_)
    if (checkpoint.ended == 0) checkpoint.ended = history_.tick();
}

void Checkpoints::look(VirtualPlatform& platform) {
  for (const Checkpoint& checkpoint : std::exchange(all_, {})) {
    if (!is_no_store(checkpoint)) compare(checkpoint, platform);
    if (const Status removed = files_.remove_tree(checkpoint.directory); !removed.ok())
      history_.accuse("a checkpoint cannot be removed: " + removed.error().text);
  }
}

bool Checkpoints::is_no_store(const Checkpoint& checkpoint) {
  if (checkpoint.is_made) return false;
  const auto exists = files_.exists(checkpoint.directory);
  if (!exists.ok() || !*exists) return true;
  const auto unfinished = actors::is_unfinished(files_, checkpoint.directory);
  if (unfinished.ok() && !*unfinished) {
    // A directory without anything is what the first step makes.
    const auto names = files_.list(checkpoint.directory);
    return names.ok() && names->empty();
  }
  conditions_.met(Condition::checkpoint_left_unfinished);
  return true;
}

void Checkpoints::compare(const Checkpoint& checkpoint, VirtualPlatform& platform) {
  const std::string where = "checkpoint " + checkpoint.directory + ": ";
  VirtualPlatform copy = platform;
  actors::StoreOptions options = plan_.options;
  options.directory = checkpoint.directory;
  options.files = &files_;
  options.platform = &copy;
  const auto store = actors::Store::open(options);
  if (!store.ok()) return history_.accuse(where + to_string(store.error()));
  Moments moments{checkpoint.began, checkpoint.ended, (*store)->expiry_after(0), 0};
  View view;
  for (size_t key = 0; key < plan_.keys.size(); ++key) {
    const auto found = (*store)->get(plan_.keys[key]);
    if (!found.ok()) return history_.accuse(where + to_string(found.error()));
    const auto value = *found ? value_of(plan_.kinds[key], **found) : kAbsent;
    if (!value) return history_.accuse(where + plan_.keys[key] + " has bytes that nobody wrote");
    view[key] = *value;
  }
  moments.clock_last_ms = std::max((*store)->expiry_after(0), platform.latest_wall_ms());
  history_.add_view(view, moments);
  if (const Status closed = (*store)->close(); !closed.ok())
    history_.accuse(where + to_string(closed.error()));
  platform.note(copy.trace());
}

}  // namespace coppice::simulation
