// What a client reads, and how it is judged.
#include <algorithm>

#include "tests/torture/worker.hpp"

namespace coppice::torture {
namespace {

constexpr size_t kHeldMax = 3;

}  // namespace

void Worker::read_bed(Bed& bed) {
  const Moment begin = now_ms();
  const auto values = client().get_many(bed.plot.keys());
  if (!values.ok()) return (void)refused(values.error());
  check(bed.judged_in == generation() ? "beds read whole" : "beds read whole after a start of the node",
        bed.plot.judge(*values, {begin, now_ms()}, generation()));
  bed.judged_in = generation();
  done("reads of many keys");
}

void Worker::read_one() {
  Bed& bed = any_bed();
  const Bytes key = draw_.one_of(bed.plot.keys());
  const Moment begin = now_ms();
  const auto value = client().get(key);
  if (!value.ok()) return (void)refused(value.error());
  check("single reads", bed.plot.judge_one(key, *value, {begin, now_ms()}));
  done("reads of one key");
}

/// What a bed has in one group.
void Worker::scan_bed() {
  Bed* bed = settled_bed();
  if (bed == nullptr) return;
  const Bytes& stamp = draw_.one_of(bed->stamps);
  const Bytes prefix = stamp.substr(0, stamp.rfind('/') + 1);
  client::ScanOptions options;
  options.range = prefix_range(prefix);
  options.reverse = draw_.one_in(2);
  std::map<Bytes, Bytes> found;
  const Moment begin = now_ms();
  const auto count = client().scan(options, [&](std::span<const client::EntryView> page) {
    for (const client::EntryView& entry : page) found.emplace(entry.key, entry.value);
    return true;
  });
  if (!count.ok()) return (void)refused(count.error());
  const Span read{begin, now_ms()};
  std::optional<std::string> problem;
  if (found.size() != *count) problem = "a scan of " + prefix + " gives a key twice";
  for (const Bytes& key : bed->plot.keys()) {
    if (!key.starts_with(prefix)) continue;
    auto entry = found.extract(key);
    if (!problem)
      problem = bed->plot.judge_one(key, entry ? std::optional(entry.mapped()) : std::nullopt, read);
  }
  if (!problem && !found.empty()) problem = printable(found.begin()->first) + " is a key that nobody wrote";
  check("scans", problem);
  done("scans");
}

/// Of all clients: nobody knows what is there, but its order.
void Worker::scan_group() {
  client::ScanOptions options;
  options.range = prefix_range(draw_.one_of(groups_));
  options.reverse = draw_.one_in(2);
  options.keys_only = draw_.one_in(2);
  options.limit = draw_.one_in(2) ? 0 : draw_.between(1, 500);
  Bytes last;
  std::optional<std::string> problem;
  const auto count = client().scan(options, [&](std::span<const client::EntryView> page) {
    for (const client::EntryView& entry : page) {
      const bool ordered = last.empty() || (options.reverse ? entry.key < last : entry.key > last);
      if (!ordered || !options.range.contains(entry.key))
        problem = printable(entry.key) + " comes behind " + printable(last);
      last = entry.key;
    }
    return true;
  });
  if (!count.ok()) return (void)refused(count.error());
  check("order of scans", problem, *count);
  done("scans");
}

void Worker::take_snapshot() {
  Bed* bed = settled_bed();
  if (bed == nullptr || held_.size() >= kHeldMax) return read_snapshot();
  const Moment begin = now_ms();
  auto handle = client().snapshot();
  if (!handle.ok()) return (void)refused(handle.error());
  held_.push_back({std::move(handle).value(), {begin, now_ms()}, bed, bed->plot.cells()});
  done("snapshots");
}

/// However much was written since, it is what it was.
void Worker::read_snapshot() {
  if (held_.empty()) return;
  Held held = std::move(held_.front());
  held_.pop_front();
  const auto values = client().get_many(held.bed->plot.keys(), held.handle);
  if (!values.ok()) {
    held.handle.reset();
    return (void)refused(values.error());
  }
  check("snapshots", held.bed->plot.compare(held.cells, *values, held.taken));
  if (!draw_.one_in(3)) held_.push_back(std::move(held));
  done("reads of many keys");
}

void Worker::read_shared() {
  const int64_t at_least = shared_.added_at_least();
  const auto values = client().get_many(shared_.counters());
  if (!values.ok()) return (void)refused(values.error());
  check("counters on all shards", shared_.judge_counters(*values, at_least, shared_.added_at_most()));
  done("reads of many keys");
}

bool Worker::read_loose(LooseKey& key, bool anew) {
  const auto value = client().get(key.key());
  if (!value.ok()) {
    (void)refused(value.error());
    return false;
  }
  const uint64_t disturbances = stage_.disturbances();
  // A shard that was opened anew has lost what was in memory alone.
  if (disturbances != link_.node().disturbances || disturbances % 2 == 1) key.may_have_lost();
  check("keys of durability memory", anew ? key.judge_anew(*value) : key.judge(*value));
  done("reads of one key");
  return true;
}

}  // namespace coppice::torture
