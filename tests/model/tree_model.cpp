#include "tests/model/tree_model.hpp"

#include <array>
#include <set>

#include <gmock/gmock.h>

#include "engine/mend/verify_tree.hpp"
#include "tests/support/keys.hpp"

namespace coppice::engine {

TreeModel::TreeModel(FileSystem& files, const std::string& directory, Choices random, size_t value_threshold,
                     uint64_t retention_ms, const MemoryEngine* in_memory, const std::string& cold_directory)
    : random_(random), stand_(files, directory), encrypts_(in_memory == nullptr && random_.one_in(2)) {
  if (in_memory != nullptr) stand_.engine = in_memory;
  stand_.seed = random_.seed();
  stand_.wall = &clock_;
  stand_.options.value_threshold = value_threshold;
  stand_.options.retention_ms = retention_ms;
  stand_.cold_directory = cold_directory;
  choose_keys();
  // So that the few hundred keys lie in several levels.
  stand_.options.min_compaction_files = 2;
  stand_.options.level_ratio = 2;
  EXPECT_TRUE(stand_.create().ok());
  open();
}

void TreeModel::step() {
  if (random_.one_in(4)) clock_.pass(random_.below(20));
  if (stand_.options.retention_ms > 0 && random_.one_in(100)) note_history();
  const uint64_t choice = random_.below(10'000);
  if (random_.one_in(merging_ ? 500 : 2000)) merging_ = !merging_;
  if (choice < 3000) return put();
  if (choice < 4000) return merging_ ? merge() : put();
  if (choice < 5000) return remove();
  if (choice < 5200) return delete_range();
  if (choice < 6000) return write_batch();
  if (choice < 8300) return get();
  if (choice < 8500) return get_many();
  if (choice < 9500) return walk();
  if (choice < 9600) return take_snapshot();
  if (choice < 9700) return release_snapshot();
  if (choice < 9730) return ok(stand_.tree->seal_memtable());
  if (choice < 9800) return plan();
  if (choice < 9950) return finish();
  if (choice < 9970) return compact();
  if (choice < 9980) return crash();
  if (choice < 9985) return reopen();
  if (choice < 9990) return compare_all();
  if (choice < 9993) return remove_run();
  if (choice < 9996) return set_merging();
  return idle();
}

void TreeModel::work() {
  ok(stand_.tree->seal_memtable());
  plan();
  plan();
  finish();
}

uint64_t TreeModel::values_apart() {
  const auto report = stand_.reader->verify({});
  EXPECT_TRUE(report.ok() && report->problems.empty());
  return report.ok() ? report->values : 0;
}

void TreeModel::bring_back() {
  finish();
  ok(stand_.tree->close());
  stand_.options.cold_after_ms = kNeverCold;
  ok(stand_.open());
  then_.clear();
  list_snapshots();
  idle();
  EXPECT_EQ(stand_.tree->stats().cold.count, 0u);
}

void TreeModel::compare_all() {
  compare(now());
  for (const auto& [at, held] : then_) compare({at, held, at.milliseconds()});
  const Timestamp kept = stand_.tree->history_from();
  const uint64_t retention_ms = stand_.options.retention_ms;
  std::erase_if(history_, [&](const auto& each) {
    if (each.first.milliseconds() + retention_ms > clock_.now()) {
      EXPECT_GE(each.first, kept) << "lost " << clock_.now() - each.first.milliseconds() << " ms after it";
    }
    return each.first < kept;
  });
  for (const auto& [at, held] : history_) compare({at, held, at.milliseconds()});
  histories_ += history_.size();
}

Bytes TreeModel::random_key() {
  Bytes key = "k" + std::to_string(random_.below(600));
  // A few with what bytes can do: order by unsigned bytes, zeros, one key the start of another.
  if (random_.one_in(10)) key += Bytes("\0", 1);
  if (random_.one_in(10)) key += "\xff";
  return key;
}

Bytes TreeModel::random_value() {
  if (random_.one_in(10)) return number_value(static_cast<int64_t>(random_.next()));
  const size_t size = random_.one_in(50) ? random_.below(8000) : random_.below(200);
  return Bytes(size, static_cast<char>('a' + random_.below(26)));
}

void TreeModel::write(const Batch& batch) {
  Status written = stand_.write(batch, durability());
  if (!written.ok() && written.error().code == Errc::unavailable) {
    finish();
    ok(stand_.catch_up());
    written = stand_.write(batch, durability());
  }
  ok(written);
  std::set<Bytes> fresh;
  for (Batch::Reader reader(batch); const auto operation = reader.next();) {
    switch (operation->kind) {
      case OperationKind::put:
        now_.insert_or_assign(Bytes(operation->key), Held{Bytes(operation->value)});
        break;
      case OperationKind::put_that_expires:
        now_.insert_or_assign(
            Bytes(operation->key),
            Held{Bytes(plain_value(Kind::put_that_expires, operation->value)), expiry_of(operation->value)});
        fresh.insert(Bytes(operation->key));
        break;
      case OperationKind::merge: {
        Held& held = now_.try_emplace(Bytes(operation->key)).first->second;
        const Bytes step = join_steps(std::array{step_of(*operation)});
        // What the same batch put is one version with it, and expires as a whole.
        if (held.expiry_ms == UINT64_MAX || fresh.contains(Bytes(operation->key))) {
          EXPECT_TRUE(do_steps(step, held.value));
        } else {
          held.steps.push_back(step);
        }
        break;
      }
      case OperationKind::remove:
        now_.erase(Bytes(operation->key));
        break;
      case OperationKind::delete_range:
        now_.erase(now_.lower_bound(Bytes(operation->key)),
                   operation->value.empty() ? now_.end() : now_.lower_bound(Bytes(operation->value)));
        break;
    }
  }
  if (stand_.tree->memtable_full()) ok(stand_.tree->seal_memtable());
}

void TreeModel::add_random(Batch& batch) {
  const uint64_t choice = random_.below(10);
  if (choice < 4) return add_put(batch);
  if (choice < 6) return merging_ ? add_merge(batch) : add_put(batch);
  if (choice < 8) return ok(batch.remove(random_key()));
  const Bytes begin = random_key();
  const Bytes end = begin + static_cast<char>(random_.below(256));
  ok(batch.delete_range(begin, end));
}

void TreeModel::add_put(Batch& batch) {
  if (!random_.one_in(4)) return ok(batch.put(random_key(), random_value()));
  ok(batch.put_until(random_key(), random_value(), clock_.now() + random_.below(kTtlMax)));
}

void TreeModel::add_merge(Batch& batch) {
  const Bytes key = random_.one_in(4) ? random_key() : "k" + std::to_string(random_.below(20) * 30);
  const Bytes number = number_value(static_cast<int64_t>(random_.next()));
  if (random_.one_in(3)) return ok(batch.merge(key, Operator::append, random_value().substr(0, 300)));
  ok(batch.merge(key, random_.one_in(3) ? Operator::max : Operator::add, number));
}

void TreeModel::remove_run() {
  const Bytes end = random_key();
  Batch batch;
  for (auto item = now_.lower_bound(random_key()); item != now_.end() && item->first < end; ++item)
    ok(batch.remove(item->first));
  write(batch);
  compare_all();
}

void TreeModel::delete_range() {
  Bytes begin = random_key();
  // Mostly short, or nothing would live long enough to sink.
  Bytes end = begin + "~";
  if (random_.one_in(20)) end = random_.one_in(4) ? Bytes() : random_key();
  if (!end.empty() && end < begin) std::swap(begin, end);
  if (begin == end) return;
  Batch batch;
  ok(batch.delete_range(begin, end));
  write(batch);
}

void TreeModel::write_batch() {
  Batch batch;
  for (uint64_t count = random_.below(20); count > 0; --count) add_random(batch);
  write(batch);
}

Moment TreeModel::random_moment() {
  if (then_.empty() || random_.one_in(2)) return now();
  const auto snapshot = std::next(then_.begin(), static_cast<std::ptrdiff_t>(random_.below(then_.size())));
  return {snapshot->first, snapshot->second, snapshot->first.milliseconds()};
}

void TreeModel::get() {
  const Moment moment = random_moment();
  const Bytes key = random_key();
  const std::optional<Bytes> found = moment.find(key);
  if (!found && moment.held.contains(key)) ++expired_;
  EXPECT_EQ(stand_.get(key, moment.at), found.value_or("(none)"));
}

void TreeModel::get_many() {
  const Moment moment = random_moment();
  std::vector<Bytes> keys(1 + random_.below(100));
  std::vector<std::optional<Bytes>> expected;
  for (Bytes& key : keys) {
    key = random_key();
    expected.push_back(moment.find(key));
  }
  const std::vector<ByteView> asked(keys.begin(), keys.end());
  const auto values = stand_.reader->get_many(asked, {.at = moment.at, .cached_only = false});
  ASSERT_TRUE(values.ok()) << to_string(values.error());
  EXPECT_EQ(*values, expected);
}

void TreeModel::walk() {
  const Moment moment = random_moment();
  KeyRange range;
  if (random_.one_in(2)) range.begin = random_key();
  if (random_.one_in(2)) range.end = random_key();
  if (range.empty()) return;
  const Items items = moment.items(range);
  auto cursor = stand_.reader->cursor(range, {.at = moment.at, .cached_only = false});
  ASSERT_TRUE(cursor.ok());

  auto place = items.end();
  const auto expect = [&](const Item* item, Items::const_iterator expected) {
    place = expected;
    ASSERT_EQ(item == nullptr, place == items.end());
    if (item == nullptr) return;
    ASSERT_EQ(item->key, place->first);
    ASSERT_EQ(item->value, place->second);
  };
  const auto before = [&](Items::const_iterator at) {
    return at == items.begin() ? items.end() : std::prev(at);
  };
  for (int move = 0; move < 30 && !::testing::Test::HasFatalFailure(); ++move) {
    const uint64_t choice = random_.below(10);
    const Bytes key = random_key();
    if (choice == 0) {
      expect((*cursor)->seek(key), items.lower_bound(key));
    } else if (choice == 1) {
      expect((*cursor)->seek_before(key), before(items.lower_bound(key)));
    } else if (choice == 2) {
      expect((*cursor)->seek_last(), before(items.end()));
    } else if (place != items.end() && choice < 7) {
      expect((*cursor)->next(), std::next(place));
    } else if (place != items.end()) {
      expect((*cursor)->prev(), before(place));
    }
  }
}

void TreeModel::take_snapshot() {
  if (then_.size() >= 4) return;
  const Timestamp at = stand_.tick();
  stand_.tree->advance(at);
  then_.emplace(at, now_);
  list_snapshots();
}

void TreeModel::note_history() {
  if (history_.size() >= 6) return;
  const Timestamp at = stand_.tick();
  stand_.tree->advance(at);
  history_.emplace(at, now_);
}

void TreeModel::idle() {
  finish();
  clock_.pass(random_.below(kTtlMax));
  ok(stand_.flush());
  while (auto job = stand_.tree->plan_merge(stand_.snapshots, MergeNeed::idle))
    ok(stand_.finish(std::move(job)));
  compare_all();
}

void TreeModel::plan() {
  auto job = random_.one_in(2) ? stand_.tree->plan_flush(stand_.snapshots)
                               : stand_.tree->plan_merge(stand_.snapshots);
  if (job) jobs_.push_back(*std::move(job));
}

void TreeModel::finish() {
  for (Job& job : jobs_) {
    if (random_.one_in(5)) {
      stop(std::move(job));
      continue;
    }
    const bool flush = job.kind() == Job::Kind::flush;
    const uint32_t waiting = stand_.tree->stats().sealed_memtables;
    ok(stand_.finish(std::move(job)));
    if (flush && stand_.tree->stats().sealed_memtables == waiting) ++flush_steps_;
  }
  jobs_.clear();
  const TreeStats stats = stand_.tree->stats();
  cold_files_ = std::max(cold_files_, stats.cold.count);
  const auto& levels = stats.levels;
  for (uint32_t level = deepest_; level < levels.size(); ++level)
    if (levels[level].tables > 0) deepest_ = level;
}

void TreeModel::stop(Job job) {
  std::atomic<bool> stopped{random_.one_in(2)};
  job.run(stopped, [&](uint64_t, double) { stopped = true; });
  const Status installed = stand_.tree->install(std::move(job));
  if (!installed.ok()) {
    ASSERT_EQ(installed.error().code, Errc::cancelled);
    ++stopped_;
  }
}

void TreeModel::set_merging() {
  stand_.tree->set_merging(random_.one_in(4) ? static_cast<Merging>(random_.below(4)) : Merging::on);
}

void TreeModel::compact() {
  finish();
  KeyRange range;
  if (random_.one_in(2)) range.begin = random_key();
  ok(stand_.compact(range));
}

void TreeModel::choose_keys() {
  if (!encrypts_) return;
  const std::array rings{ring('a', "b"), ring('b', "a"), reading_ring("ab")};
  stand_.keys = rings[random_.below(rings.size())];
}

void TreeModel::choose_cold_rule() {
  const std::array<uint64_t, 3> rules{0, 500, kNeverCold};
  stand_.options.cold_after_ms = rules[random_.below(rules.size())];
}

void TreeModel::open() {
  choose_keys();
  if (!stand_.cold_directory.empty()) choose_cold_rule();
  ok(stand_.open());
  // Snapshots live in memory: their readers went with the process.
  then_.clear();
  list_snapshots();
}

void TreeModel::verify() {
  if (dynamic_cast<const TreeEngine*>(stand_.engine) == nullptr) return;
  VerifyReport report;
  ok(verify_tree(stand_.env(), stand_.directory(), {}, report));
  EXPECT_THAT(report.problems, ::testing::IsEmpty());
}

void TreeModel::crash() {
  jobs_.clear();
  tables_dropped_ = tables_dropped();
  stand_.drop();
  verify();
  open();
}

void TreeModel::reopen() {
  finish();
  tables_dropped_ = tables_dropped();
  ok(stand_.tree->close());
  stand_.drop();
  verify();
  open();
  compare_all();
}

}  // namespace coppice::engine
