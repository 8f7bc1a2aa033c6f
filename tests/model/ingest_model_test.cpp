// Random writes, ingests, flushes, merges, snapshots and openings of one tree, against a map.
#include <gtest/gtest.h>

#include "engine/base/random.hpp"
#include "engine/in_memory/memory_engine.hpp"
#include "tests/support/memory_file_system.hpp"
#include "tests/support/seed.hpp"
#include "tests/support/sorted_files.hpp"

namespace coppice::engine {
namespace {

using Items = TreeStand::Items;

class IngestModel {
public:
  IngestModel(uint64_t seed, bool in_memory) : random_(seed), stand_(files_) {
    if (in_memory) stand_.engine = &in_memory_;
    stand_.options.memtable_size = 64 << 10;
    stand_.options.value_threshold = seed % 3 == 0 ? 100 : 0;
    stand_.options.merge_policy = seed % 4 == 1 ? MergePolicy::tiered : MergePolicy::leveled;
    EXPECT_TRUE(stand_.create().ok());
    EXPECT_TRUE(stand_.open().ok());
  }

  void step() {
    // In memory each file is a memtable that waits to be gone through.
    if (stand_.tree->debt() >= 1) {
      finish_job();
      ok(stand_.flush());
    }
    switch (random_.below(14)) {
      case 0:
      case 1:
        return ingest();
      case 2:
        return delete_range();
      case 3:
        finish_job();
        return ok(stand_.flush());
      case 4:
        finish_job();
        return ok(stand_.catch_up());
      case 5:
        return finish_job();
      case 6:
        return begin_job();
      case 7:
        return take_snapshot();
      case 8:
        if (random_.below(8) == 0) return reopen();
        return look();
      default:
        return write();
    }
  }
  void end() {
    finish_job();
    look();
    ok(stand_.compact());
    look();
    const auto report = stand_.reader->verify({});
    ASSERT_TRUE(report.ok());
    EXPECT_TRUE(report->problems.empty()) << report->problems.front();
  }

private:
  static void ok(const Status& status) { ASSERT_TRUE(status.ok()) << to_string(status.error()); }
  Bytes key() { return "k" + std::to_string(100 + random_.below(80)); }
  Bytes value() {
    return Bytes(1 + random_.below(400), static_cast<char>('a' + random_.below(26))) +
           std::to_string(++count_);
  }

  void write() {
    for (uint64_t left = 1 + random_.below(8); left > 0; --left) {
      const Bytes at = key();
      if (random_.below(4) == 0) {
        ok(stand_.remove(at));
        model_.erase(at);
      } else {
        const Bytes to = value();
        ok(stand_.put(at, to));
        model_.insert_or_assign(at, to);
      }
    }
  }
  void delete_range() {
    Bytes begin = key();
    Bytes end = key();
    if (end < begin) std::swap(begin, end);
    if (begin == end) return;
    ok(stand_.delete_range(begin, end));
    model_.erase(model_.lower_bound(begin), model_.lower_bound(end));
  }
  void ingest() {
    SortedItems items;
    const uint64_t first = random_.below(80);
    const uint64_t last = std::min<uint64_t>(80, first + 1 + random_.below(30));
    for (uint64_t number = first; number < last; ++number) {
      if (random_.below(3) == 0) continue;
      const Bytes at = "k" + std::to_string(100 + number);
      if (random_.below(5) == 0) {
        items[at] = std::nullopt;
        model_.erase(at);
      } else {
        items[at] = value();
        model_.insert_or_assign(at, *items[at]);
      }
    }
    if (items.empty()) return;
    // A job that waits may be the flush which an overlap asks for.
    if (stand_.tree->must_flush({items.begin()->first, items.rbegin()->first + '\0'})) finish_job();
    const std::string path = "/file" + std::to_string(++count_);
    ok(build_file(files_, path, items, {.block_size = 1024, .seed = count_}));
    ok(ingest_file(files_, stand_, path));
    ok(files_.remove(path));
  }
  void begin_job() {
    if (job_) return;
    if (random_.below(2) == 0) ok(stand_.tree->seal_memtable());
    job_ = random_.below(2) == 0 ? stand_.tree->plan_flush(stand_.snapshots)
                                 : stand_.tree->plan_merge_range({}, stand_.snapshots);
  }
  void finish_job() { ok(stand_.finish(std::exchange(job_, std::nullopt))); }
  void take_snapshot() {
    if (snapshots_.size() >= 3) {
      const auto oldest = snapshots_.begin();
      EXPECT_EQ(stand_.items(oldest->first), oldest->second);
      snapshots_.erase(oldest);
    }
    snapshots_.insert_or_assign(stand_.tree->last_commit(), model_);
    stand_.snapshots.clear();
    for (const auto& [moment, items] : snapshots_) stand_.snapshots.push_back(moment);
  }
  void look() {
    EXPECT_EQ(stand_.items(), model_);
    for (const auto& [moment, items] : snapshots_) EXPECT_EQ(stand_.items(moment), items);
    const Bytes at = key();
    EXPECT_EQ(stand_.get(at), model_.contains(at) ? model_.at(at) : "(none)");
  }
  void reopen() {
    finish_job();
    // What snapshots hold is theirs only as long as the tree knows them.
    snapshots_.clear();
    stand_.snapshots.clear();
    if (random_.below(2) == 0) ok(stand_.tree->close());
    stand_.drop();
    ok(stand_.open());
    look();
  }

  Random random_;
  MemoryFileSystem files_;
  const MemoryEngine in_memory_;
  TreeStand stand_;
  std::optional<Job> job_;
  Items model_;
  std::map<Timestamp, Items> snapshots_;
  uint64_t count_ = 0;
};

void run(uint64_t rounds, bool in_memory) {
  for (uint64_t round = 0; round < rounds && !::testing::Test::HasFailure(); ++round) {
    const uint64_t seed = test_seed() + round;
    SCOPED_TRACE("seed " + std::to_string(seed));
    IngestModel model(seed, in_memory);
    for (int step = 0; step < 400 && !::testing::Test::HasFailure(); ++step) {
      SCOPED_TRACE("step " + std::to_string(step));
      model.step();
    }
    model.end();
  }
}

TEST(IngestModelTest, ATreeThatTakesFilesInIsAMap) { run(12, false); }

TEST(IngestModelTest, SoIsOneInMemory) { run(4, true); }

}  // namespace
}  // namespace coppice::engine
