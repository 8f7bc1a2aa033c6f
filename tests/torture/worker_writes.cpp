// What a client writes: to beds of its own, and to the numbers that all share.
#include <algorithm>

#include "tests/torture/worker.hpp"

namespace coppice::torture {
namespace {

constexpr size_t kLogSizeMax = 4096;

/// The n-th key of a bed in a group.
Bytes key_in(const Bed& bed, size_t group, size_t key) {
  const size_t keys_in_group = bed.plot.keys().size() / bed.stamps.size();
  return bed.plot.keys()[group * keys_in_group + key];
}

bool is_absent(const Change& change, const Bytes& key) { return !change.after().contains(key); }

}  // namespace

/// No two are alike.
Bytes Worker::new_value(const Bytes& key) {
  Bytes value = key + " " + std::to_string(++value_count_) + " ";
  const size_t size = draw_.one_in(40)  ? draw_.below(20'000)
                      : draw_.one_in(6) ? draw_.below(3'000)
                                        : draw_.below(200);
  while (value.size() < size) {
    const uint64_t noise = draw_.between(0, UINT64_MAX - 1);
    value.append(reinterpret_cast<const char*>(&noise), sizeof noise);
  }
  return value;
}

void Worker::stamp(Bed& bed, Change& change) {
  const int64_t number = bed.stamp_at_most.load() + 1;
  bed.stamp_at_most = number;
  for (const Bytes& key : bed.stamps) change.put(key, number_value(number));
}

Change Worker::draw_change(Bed& bed) {
  Change change(bed.plot.cells(), now_ms());
  const size_t kinds = draw_.one_in(4) ? draw_.between(2, 6) : 1;
  for (size_t i = 0; i < kinds; ++i) {
    const size_t group = draw_.below(bed.stamps.size());
    const Bytes plain = key_in(bed, group, draw_.between(4, 7));
    const Bytes log = key_in(bed, group, 2);
    const Bytes timed = key_in(bed, group, 3);
    switch (draw_.below(10)) {
      case 0:
        stamp(bed, change);
        break;
      case 1:
        change.merge(key_in(bed, group, 1), draw_.one_in(4) ? Operator::max : Operator::add,
                     number_value(static_cast<int64_t>(draw_.between(1, 9))));
        break;
      case 2:
        if (!is_absent(change, log) && change.after().at(log).value.size() > kLogSizeMax) change.remove(log);
        change.merge(log, Operator::append, "[" + std::to_string(++value_count_) + "]");
        break;
      case 3:
        draw_.one_in(4)
            ? change.put(timed, new_value(timed))
            : change.put_for(timed, new_value(timed), draw_.between(1, draw_.one_in(3) ? 20 : 3'000));
        break;
      case 4:
        change.delete_range(key_in(bed, group, draw_.between(1, 4)), key_in(bed, group, draw_.between(5, 7)));
        break;
      case 5:
        change.remove(plain);
        break;
      default:
        change.put(plain, new_value(plain));
    }
  }
  return change;
}

/// By the call that a program would use for it.
Result<Timestamp> Worker::send(const Change& change, Durability durability) {
  if (change.batch().count() > 1 || draw_.one_in(3)) return client().write(change.batch(), durability);
  const client::Batch::Operation only = change.batch().operation(0);
  switch (only.kind) {
    case client::Batch::Kind::put:
      return only.ttl_ms == 0 ? client().put(only.key, only.value, durability)
                              : client().put_for(only.key, only.value, only.ttl_ms, durability);
    case client::Batch::Kind::remove:
      return client().remove(only.key, durability);
    case client::Batch::Kind::merge:
      return client().merge(only.key, only.op, only.value, durability);
    case client::Batch::Kind::delete_range:
      break;
  }
  return client().delete_range({Bytes(only.key), Bytes(only.value)}, durability);
}

void Worker::conclude(Bed& bed, const Result<Timestamp>& answer) {
  if (answer.ok()) {
    bed.plot.acknowledged(now_ms());
    const auto stamped = bed.plot.cells().find(bed.stamps[0]);
    if (stamped != bed.plot.cells().end()) bed.stamp_at_least = number_of(stamped->second.value).value();
    stage_.note(Count::acknowledged);
    done("writes acknowledged");
  } else if (refused(answer.error())) {
    bed.plot.refused();
    done("writes refused, nothing kept");
  } else {
    bed.plot.lost(generation());
    done("writes without an answer");
  }
}

void Worker::write_one() {
  Bed* bed = settled_bed();
  if (bed == nullptr) return read_bed(any_bed());
  const Change change = draw_change(*bed);
  bed->plot.begin(change.after());
  conclude(*bed, send(change, draw_durability()));
}

/// Many at a time over one connection, so that many are under way when it breaks.
void Worker::write_several() {
  std::deque<std::pair<Bed*, std::optional<Result<Timestamp>>>> sent;
  for (const auto& bed : beds_) {
    if (!bed->plot.is_settled() || draw_.one_in(2)) continue;
    const Change change = draw_change(*bed);
    bed->plot.begin(change.after());
    auto& answer = sent.emplace_back(bed.get(), std::nullopt).second;
    const Status begun = client().write_async(
        change.batch(), draw_durability(), [&answer](Result<Timestamp> given) { answer = std::move(given); });
    if (begun.ok()) continue;
    answer = begun.error();
    break;
  }
  // Whatever became of it, each has its own answer; those that have none yet get theirs when the client goes.
  if (!client().wait().ok()) drop();
  for (const auto& [bed, answer] : sent) {
    if (answer && (answer->ok() || link_.is_connected())) {
      conclude(*bed, *answer);
    } else {
      bed->plot.lost(generation());
      done("writes without an answer");
    }
  }
}

/// Nobody else writes the key, so the version that was read is still the last.
void Worker::write_if_unchanged() {
  Bed* bed = settled_bed();
  if (bed == nullptr) return;
  const Bytes key = key_in(*bed, draw_.below(bed->stamps.size()), draw_.between(4, 7));
  const Moment begin = now_ms();
  const auto read = client().get_versioned(key);
  if (!read.ok()) return (void)refused(read.error());
  check("versions", bed->plot.judge_one(key, read->value, {begin, now_ms()}));
  Change change(bed->plot.cells(), now_ms());
  change.put(key, new_value(key));
  bed->plot.begin(change.after());
  const client::Condition unchanged{key, read->version};
  const auto outcome = client().write_if({&unchanged, 1}, change.batch(), draw_durability());
  if (!outcome.ok()) return conclude(*bed, outcome.error());
  if (outcome->commit) return conclude(*bed, *outcome->commit);
  bed->plot.refused();
  check("conditions", printable(key) + " was of version " + std::to_string(read->version.raw) +
                          " and is of " + std::to_string(outcome->version.raw) +
                          ", and nobody has written it");
}

void Worker::add_everywhere() {
  client::Batch batch;
  for (const Bytes& counter : shared_.counters())
    if (!batch.merge(counter, Operator::add, number_value(1)).ok()) return;
  shared_.begin_add();
  const auto answer = client().write(batch, draw_durability());
  shared_.end_add(answer.ok());
  if (!answer.ok()) return (void)refused(answer.error());
  stage_.note(Count::acknowledged);
  stage_.note(Count::everywhere);
  done("batches over all shards acknowledged");
}

void Worker::raise_by_one() {
  const Bytes& key = shared_.cas_key();
  const int64_t at_least = shared_.raised_at_least();
  const auto read = client().get_versioned(key);
  if (!read.ok()) return (void)refused(read.error());
  check("numbers raised by compare-and-set", shared_.judge_cas(read->value, at_least));
  const int64_t number = (read->value ? number_of(*read->value).value_or(0) : 0) + 1;
  client::Batch batch;
  if (!batch.put(key, number_value(number)).ok()) return;
  const client::Condition unchanged{key, read->version};
  const auto outcome = client().write_if({&unchanged, 1}, batch, draw_durability());
  if (!outcome.ok()) return (void)refused(outcome.error());
  if (outcome->commit) check("numbers raised by compare-and-set", shared_.raised(number, index_));
  done(outcome->commit ? "compare-and-sets that won" : "compare-and-sets that another won");
}

void Worker::write_loosely() {
  LooseKey& key = loose_keys_[draw_.below(loose_keys_.size())];
  if (!key.may_be_written(generation())) return;
  const bool durable = key.loose_count() > 50 || draw_.one_in(10);
  const Bytes value = new_value(key.key());
  const auto answer = client().put(key.key(), value, durable ? Durability::buffered : Durability::memory);
  if (!answer.ok()) {
    if (!refused(answer.error())) key.lost(value, generation());
    return;
  }
  durable ? key.wrote_durably(value) : key.wrote(value);
  done("writes of durability memory acknowledged");
}

}  // namespace coppice::torture
