#include "tests/bench/tree_engine.hpp"

#include <cmath>
#include <filesystem>
#include <optional>
#include <thread>

#include "actors/conditions.hpp"
#include "actors/hybrid_clock.hpp"
#include "actors/store.hpp"
#include "engine/base/steady_stopwatch.hpp"
#include "engine/compact/write_pace.hpp"
#include "engine/ingest/sorted_file_writer.hpp"
#include "engine/io/posix_file.hpp"
#include "engine/table/block_cache.hpp"
#include "engine/tree.hpp"
#include "schema/operators.hpp"
#include "tests/bench/workshop.hpp"
#include "tests/bench/write_front.hpp"

namespace coppice::bench {
namespace {

void require(const Status& status) {
  if (!status.ok()) give_up("tree: " + to_string(status.error()));
}

template <class T>
T require(Result<T> result) {
  require(result.status());
  return std::move(result).value();
}

/// As the others count: write buffers beside the cache, and what those do not take is not the cache's.
engine::MemoryBudget budget_of(const Settings& settings) {
  const size_t memtables = 4 * settings.write_buffer_size;
  return {
      .size = settings.cache_size + memtables, .memtables_max = memtables, .tables_max = settings.cache_size};
}

/// One tree, owned by whichever thread writes; its flushes and merges on one thread beside it.
class TreeEngine : public Engine {
public:
  TreeEngine(const std::string& directory, const TreeSetup& setup)
      : ttl_ms_(setup.ttl_ms), counting_(setup.counting), cache_(setup.memory), keys_(setup.keys) {
    engine::TreeEnv env{.files = files_, .cache = cache_, .seed = 42, .keys = setup.keys};
    if (ttl_ms_ > 0) env.clock = &clock_;
    if (setup.is_watched) env.watch = {.stopwatch = &stopwatch_, .latencies = &latencies_};
    if (setup.has_cold_directory) env.cold_directory = directory + "/cold";
    if (!std::filesystem::exists(directory)) require(engine::Tree::create(env, directory, {}));
    tree_ = require(engine::Tree::open(env, directory, setup.options));
    reader_ = tree_->reader();
    moment_ = tree_->last_commit();
  }
  ~TreeEngine() override {
    if (workshop_.busy()) install();
    require(tree_->close());
  }

  void expect_writers(unsigned count) override { alone_ = count == 1; }

  void put(std::string_view key, std::string_view value, bool sync) override {
    PendingWrite& mine = begin();
    add(mine.batch, key, value);
    commit(mine, sync ? Durability::synced : Durability::buffered);
  }
  void remove(std::string_view key) override {
    PendingWrite& mine = begin();
    require(mine.batch.remove(key));
    commit(mine, Durability::buffered);
  }
  void write(const std::vector<Pair>& pairs) override {
    PendingWrite& mine = begin();
    for (const auto& [key, value] : pairs) add(mine.batch, key, value);
    commit(mine, Durability::buffered);
  }
  void remove(const std::vector<std::string_view>& keys) override {
    PendingWrite& mine = begin();
    for (const std::string_view key : keys) require(mine.batch.remove(key));
    commit(mine, Durability::buffered);
  }
  bool ingest(const std::string& file, const NextPair& next) override {
    auto writer = require(engine::SortedFileWriter::begin(files_, file, {.keys = keys_}));
    for (Pair pair; next(pair);) require(writer.put(pair.first, pair.second));
    require(writer.finish().status());
    const std::array tables{require(engine::read_outside_table(files_, file, keys_))};
    require(engine::check_outside_table(files_, tables.front(), cache_, keys_));
    moment_ = Timestamp{moment_.raw + 1};
    require(tree_->install_ingest(require(tree_->prepare_ingest(tables)), moment_));
    return true;
  }
  bool increment(std::string_view key) override {
    PendingWrite& mine = begin();
    if (counting_ == Counting::merge) {
      require(mine.batch.merge(key, Operator::add, number_value(1)));
    } else {
      const engine::Versioned found = require(reader_->get_versioned(key, {}));
      if (counting_ == Counting::compare_and_set) {
        actors::Conditions conditions({{.key = Bytes(key), .version = found.version}});
        require(conditions.read(*reader_, false));
        if (!require(conditions.hold())) give_up("tree: a key changed that nobody wrote");
      }
      add(mine.batch, key, number_value(number_of(found.value.value_or(Bytes())).value_or(0) + 1));
    }
    commit(mine, Durability::buffered);
    return true;
  }
  bool get(std::string_view key) override {
    thread_local Bytes value;
    const bool found = require(reader_->get(key, {}, value));
    if (found) touch(value);
    return found;
  }
  uint64_t get_many(std::span<const std::string_view> keys) override {
    const auto values = require(reader_->get_many(keys, {}));
    uint64_t found = 0;
    for (const std::optional<Bytes>& value : values) {
      if (!value) continue;
      touch(*value);
      ++found;
    }
    return found;
  }
  uint64_t scan(std::string_view from, uint64_t count) override {
    const auto cursor = require(reader_->cursor({}, {}));
    uint64_t seen = 0;
    for (const engine::Item* item = cursor->seek(from); item != nullptr && seen < count;) {
      touch(item->key);
      touch(item->value);
      if (++seen < count) item = cursor->next();
    }
    require(cursor->status());
    return seen;
  }
  uint64_t scan_back(std::string_view from, uint64_t count) override {
    const auto cursor = require(reader_->cursor({}, {}));
    uint64_t seen = 0;
    const engine::Item* item = from.empty() ? cursor->seek_last() : cursor->seek_before(from);
    while (item != nullptr && seen < count) {
      touch(item->key);
      touch(item->value);
      if (++seen < count) item = cursor->prev();
    }
    require(cursor->status());
    return seen;
  }
  bool first(std::string& key) override {
    const auto cursor = require(reader_->cursor({}, {}));
    const engine::Item* item = cursor->seek({});
    require(cursor->status());
    if (item != nullptr) key = item->key;
    return item != nullptr;
  }
  void settle() override {
    require(tree_->seal_memtable());
    do {
      if (workshop_.busy()) install();
      plan();
      if (workshop_.busy()) continue;
      if (std::optional<engine::Job> job = tree_->plan_merge_range({}, {})) workshop_.begin(*std::move(job));
    } while (workshop_.busy());
  }
  void rest() override {
    do {
      if (workshop_.busy()) install();
      plan();
    } while (workshop_.busy());
  }

private:
  static PendingWrite& begin() {
    thread_local PendingWrite mine;
    mine.batch.clear();
    return mine;
  }

  void add(engine::Batch& batch, std::string_view key, std::string_view value) {
    require(ttl_ms_ == 0 ? batch.put(key, value)
                         : batch.put_until(key, value, clock_.milliseconds() + ttl_ms_));
  }

  void commit(PendingWrite& mine, Durability durability) {
    mine.durability = durability;
    if (alone_) {
      moment_ = Timestamp{moment_.raw + 1};
      while (!logged(tree_->write(mine.batch, moment_, durability))) {
      }
      care();
      keep_pace(mine.batch.bytes().size());
    } else {
      front_.commit(mine, [this](const std::vector<PendingWrite*>& writes) { commit_group(writes); });
    }
  }

  void commit_group(const std::vector<PendingWrite*>& writes) {
    group_.clear();
    Durability strongest = Durability::memory;
    uint64_t size = 0;
    for (const PendingWrite* write : writes) {
      moment_ = Timestamp{moment_.raw + 1};
      group_.push_back({.batch = &write->batch, .commit = moment_});
      strongest = std::max(strongest, write->durability);
      size += write->batch.bytes().size();
    }
    while (!logged(tree_->log_group(group_))) {
    }
    if (strongest == Durability::synced) require(tree_->install_sync(tree_->plan_sync().run()));
    tree_->apply_group(group_);
    care();
    keep_pace(size);
  }

  void keep_pace(uint64_t size) {
    const double rate = tree_->write_rate();
    if (std::isinf(rate)) return;
    const auto wait = pace_.wrote(engine::WritePace::Clock::now(), size, rate);
    if (wait > wait.zero()) std::this_thread::sleep_for(wait);
  }

  /// Whether the write was taken; if the tree has fallen behind, after the job under way has ended.
  bool logged(const Status& written) {
    if (written.ok()) return true;
    if (written.error().code != Errc::unavailable || !workshop_.busy()) require(written);
    install();
    plan();
    return false;
  }

  /// Only a sealed memtable or a finished job makes new work.
  void care() {
    const bool full = tree_->memtable_full();
    if (full) require(tree_->seal_memtable());
    const bool finished = workshop_.busy() && workshop_.has_finished();
    if (finished) install();
    if (!workshop_.busy() && (full || finished)) plan();
  }

  void plan() {
    std::optional<engine::Job> job = tree_->plan_flush({});
    if (!job) job = tree_->plan_merge({});
    if (job) workshop_.begin(*std::move(job));
  }

  void install() { require(tree_->install(workshop_.take())); }

  const uint64_t ttl_ms_;
  const Counting counting_;
  const actors::HybridClock clock_;
  engine::PosixFileSystem files_;
  engine::BlockCache cache_;
  // What a store times, this does.
  const engine::SteadyStopwatch stopwatch_;
  engine::Latencies latencies_;
  const engine::KeyRing keys_;
  std::unique_ptr<engine::Tree> tree_;
  std::shared_ptr<engine::TreeReader> reader_;
  bool alone_ = true;
  WriteFront front_;
  std::vector<engine::GroupWrite> group_;
  Timestamp moment_;
  engine::WritePace pace_;
  Workshop workshop_;
};

std::unique_ptr<Engine> open_preset(const std::string& directory, engine::Preset preset) {
  const actors::StoreOptions options = actors::options_of(preset);
  return open_tree_as(directory, {.options = options.tree, .memory = {.size = options.memory}});
}

}  // namespace

TreeSetup setup_of(const Settings& settings) {
  TreeSetup setup{.memory = budget_of(settings)};
  setup.options.memtable_size = settings.write_buffer_size;
  setup.options.value_threshold = settings.value_threshold;
  return setup;
}

std::unique_ptr<Engine> open_tree_as(const std::string& directory, const TreeSetup& setup) {
  return std::make_unique<TreeEngine>(directory, setup);
}

std::unique_ptr<Engine> open_tree(const std::string& directory, const Settings& settings) {
  return open_tree_as(directory, setup_of(settings));
}

std::unique_ptr<Engine> open_write_heavy(const std::string& directory, const Settings& /*settings*/) {
  return open_preset(directory, engine::Preset::write_heavy);
}

std::unique_ptr<Engine> open_read_heavy(const std::string& directory, const Settings& /*settings*/) {
  return open_preset(directory, engine::Preset::read_heavy);
}

std::unique_ptr<Engine> open_memory_constrained(const std::string& directory, const Settings& /*settings*/) {
  return open_preset(directory, engine::Preset::memory_constrained);
}

}  // namespace coppice::bench
