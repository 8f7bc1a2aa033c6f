#include "tests/torture/worker.hpp"

#include <algorithm>

namespace coppice::torture {
namespace {

constexpr int kBeds = 10;
/// Of a bed in each group: a stamp, a counter, a log, a key that expires, and plain ones.
constexpr int kKeysInGroup = 8;
constexpr int kLooseKeys = 3;

std::string numbered(const char* name, int number) {
  return name + std::string(number < 10 ? "0" : "") + std::to_string(number);
}

/// One client in three has no patience, so that a node that is stopped is noticed.
ClientLink::Options link_options(int index) {
  ClientLink::Options options;
  options.bad_wire_one_in = 5;
  if (index % 3 == 0) {
    options.call_timeout_ms = 500;
    options.connect_timeout_ms = 500;
  }
  return options;
}

}  // namespace

Worker::Worker(Stage& stage, SharedNumbers& shared, const Settings& settings, uint64_t seed, int index)
    : stage_(stage),
      shared_(shared),
      groups_(settings.groups),
      index_(index),
      draw_(seed, "client", static_cast<uint64_t>(index)),
      link_(stage, draw_, link_options(index)) {
  const std::string name = numbered("/client", index);
  for (int bed = 0; bed < kBeds; ++bed) {
    std::vector<Bytes> keys;
    std::vector<Bytes> stamps;
    for (const Bytes& group : groups_) {
      const Bytes prefix = group + name + numbered("/bed", bed);
      for (int key = 0; key < kKeysInGroup; ++key) keys.push_back(prefix + numbered("/k", key));
      stamps.push_back(prefix + "/k00");
    }
    beds_.push_back(std::make_unique<Bed>(std::move(keys), std::move(stamps)));
  }
  for (int key = 0; key < kLooseKeys; ++key)
    loose_keys_.emplace_back(groups_[static_cast<size_t>(key) % groups_.size()] + name +
                             numbered("/loose", key));
}

void Worker::run() {
  while (!stage_.ended()) {
    if (!link_.is_connected() && !link_.connect()) continue;
    if (met_.generation != generation()) meet_node();
    step();
  }
  drop();
}

void Worker::meet_node() {
  const Stage::Node last = std::exchange(met_, link_.node());
  if (met_.lossy <= last.generation && met_.disturbances == last.disturbances) return;
  for (LooseKey& key : loose_keys_) key.may_have_lost();
}

/// What was written is judged first wherever the node is new.
void Worker::step() {
  if (loose_judged_in_ != generation()) {
    if (std::ranges::all_of(loose_keys_, [this](LooseKey& key) { return read_loose(key, true); }))
      loose_judged_in_ = generation();
    return;
  }
  const auto bed =
      std::ranges::find_if(beds_, [&](const auto& each) { return each->judged_in != generation(); });
  if (bed != beds_.end()) return read_bed(**bed);

  switch (draw_.below(24)) {
    case 0:
      return read_bed(any_bed());
    case 1:
    case 2:
      return read_one();
    case 3:
      return scan_bed();
    case 4:
      return draw_.one_in(4) ? scan_group() : read_shared();
    case 5:
      return take_snapshot();
    case 6:
      return read_snapshot();
    case 7:
    case 8:
      return add_everywhere();
    case 9:
      return raise_by_one();
    case 10:
      return write_loosely();
    case 11:
      (void)read_loose(loose_keys_[draw_.below(loose_keys_.size())], false);
      return;
    case 12:
      return write_if_unchanged();
    case 13:
    case 14:
      return write_several();
    case 15:
      // Leaves without a word, at times.
      if (draw_.one_in(20)) drop();
      return;
    default:
      return write_one();
  }
}

Bed* Worker::settled_bed() {
  const size_t first = draw_.below(beds_.size());
  for (size_t i = 0; i < beds_.size(); ++i) {
    Bed& bed = *beds_[(first + i) % beds_.size()];
    if (bed.plot.is_settled()) return &bed;
  }
  report().count(Report::Part::done, "times that all writes of a client waited to be known");
  return nullptr;
}

void Worker::drop() {
  held_.clear();
  link_.drop();
}

bool Worker::refused(const Error& error) {
  // Handles of snapshots must go before their connection does.
  if (!client().connected()) held_.clear();
  const bool nothing_kept = link_.refused(error);
  if (!link_.is_connected()) held_.clear();
  return nothing_kept;
}

void Worker::done(const char* what) {
  stage_.note(Count::calls);
  report().count(Report::Part::done, what);
}

void Worker::check(const char* what, const std::optional<std::string>& problem, uint64_t times) {
  report().count(Report::Part::checked, what, times);
  if (problem)
    report().violation(std::string(what) + ": client " + std::to_string(index_) + ", node " +
                       std::to_string(generation()) + ": " + *problem);
}

}  // namespace coppice::torture
