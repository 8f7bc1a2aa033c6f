#include "actors/store.hpp"

#include <caf/stateful_actor.hpp>

#include "actors/reads.hpp"
#include "actors/router.hpp"
#include "actors/scan.hpp"
#include "actors/store_actors.hpp"
#include "actors/store_state.hpp"
#include "actors/submit.hpp"
#include "actors/supervisor.hpp"
#include "actors/worker_pool.hpp"
#include "engine/io/file_names.hpp"
#include "engine/io/posix_file.hpp"

namespace coppice::actors {
namespace {

/// More logs than this in parallel make a disk no faster.
constexpr uint32_t kLogSyncThreads = 4;
/// Reads that wait for a reader thread.
constexpr size_t kReadsMax = 64 * 1024;

}  // namespace

const engine::StorageEngine& Store::State::storage() const {
  return core->options.storage != nullptr ? *core->options.storage : trees;
}

void Store::State::start(std::unique_ptr<StoreDirectory> directory) {
  const bool has_threads = core->platform.has_threads();
  const auto pool = [&](const char* name, uint32_t threads, size_t tasks_max) {
    pools.push_back(
        system.spawn(worker_pool, PoolOptions{name, std::max(1u, threads), tasks_max, has_threads}));
    return pools.back();
  };
  const PoolActor readers = pool("reader", core->options.reader_threads, kReadsMax);
  const PoolActor compactors = pool("compactor", core->options.compactor_threads, SIZE_MAX);
  // Of its own, so that no flush, and so no write, waits for a merge.
  const PoolActor flushers = pool("flusher", 1, SIZE_MAX);
  verifier = pool("verifier", 1, kReadsMax);
  for (uint32_t i = 0; i < kLogSyncThreads; ++i)
    log_syncs.push_back(has_threads ? system.spawn<caf::detached>(worker, std::string("log sync"))
                                    : system.spawn(worker, std::string()));

  router = system.spawn(actors::router, core);
  door = std::make_shared<Door>(router, readers);
  const auto parts = std::shared_ptr<SupervisorParts>(
      new SupervisorParts{core, std::move(directory), router, flushers, compactors, log_syncs});
  const SupervisorActor boss =
      has_threads ? system.spawn<caf::detached>(supervisor, parts) : system.spawn(supervisor, parts);
  caf::anon_send(router, atom::bind_v, boss, door);

  (void)wait_for<Nothing>([&](auto done) { caf::anon_send(boss, atom::start_v, Done<Nothing>(done)); });
  // What the supervisor sent before is with the router when this is answered.
  (void)wait_for<std::vector<ShardStats>>(
      [&](auto done) { caf::anon_send(router, atom::stats_v, Done<std::vector<ShardStats>>(done)); });
}

void Store::State::submit(std::unique_ptr<WriteRequest> request) {
  request->done = [shared = core, begin_ns = core->stopwatch.now_ns(),
                   done = std::move(request->done)](Result<Timestamp> answer) {
    if (answer.ok()) shared->writes.add(shared->stopwatch.now_ns() - begin_ns);
    done(std::move(answer));
  };
  request = actors::submit(*core, std::move(request));
  if (request == nullptr) return;
  const auto spanning = std::make_shared<std::unique_ptr<WriteRequest>>(std::move(request));
  if (!door->tell_router(atom::write_v, spanning)) (*spanning)->done(Door::closed());
}

Status Store::State::close() {
  if (std::exchange(closed, true)) return success();
  door->close();
  const Result<Nothing> outcome =
      wait_for<Nothing>([&](auto done) { caf::anon_send(router, atom::close_v, Done<Nothing>(done)); });
  router = RouterActor();
  for (const PoolActor& pool : pools) caf::anon_send(pool, atom::close_v);
  for (const WorkerActor& sync : log_syncs) caf::anon_send(sync, atom::close_v);
  pools.clear();
  verifier = PoolActor();
  log_syncs.clear();
  core->platform.work_until(system, [this] { return system.registry().running() == 0; });
  system.await_all_actors_done();
  return outcome.status();
}

Result<std::unique_ptr<Store>> Store::open(const StoreOptions& options) {
  COPPICE_TRY(engine::check_options(options.tree));
  std::unique_ptr<engine::FileSystem> own;
  engine::FileSystem* files = options.files;
  if (files == nullptr) {
    own = std::make_unique<engine::PosixFileSystem>();
    files = own.get();
  }
  auto state = std::make_unique<State>(options, *files, std::move(own));
  const engine::TreeEnv env{.files = *files,
                            .cache = state->core->cache,
                            .seed = state->core->platform.random_seed(),
                            .clock = &state->core->clock,
                            .keys = options.keys};
  Result<std::unique_ptr<StoreDirectory>> directory = StoreDirectory::open(
      state->storage(), env, options.directory, options.boundaries, options.cold_directory);
  if (!directory.ok()) {
    state->closed = true;
    return directory.error();
  }
  state->start(std::move(*directory));
  return std::unique_ptr<Store>(new Store(std::move(state)));
}

Store::Store(std::unique_ptr<State> state) : state_(std::move(state)) {}

Store::~Store() { (void)close(); }

Status Store::close() { return state_->close(); }

// Reads.

Result<std::optional<Bytes>> Store::get(ByteView key, const SnapshotHandle& snapshot) {
  return read_one(*state_->core, key, snapshot, false);
}

void Store::get(ByteView key, const SnapshotHandle& snapshot, Done<std::optional<Bytes>> done) {
  read_one(state_->core, state_->door, key, snapshot, std::move(done));
}

Result<engine::Versioned> Store::get_versioned(ByteView key, const SnapshotHandle& snapshot) {
  return read_versioned(*state_->core, key, snapshot, false);
}

void Store::get_versioned(ByteView key, const SnapshotHandle& snapshot, Done<engine::Versioned> done) {
  read_versioned(state_->core, state_->door, key, snapshot, std::move(done));
}

Result<Values> Store::get_many(std::span<const Bytes> keys, const SnapshotHandle& snapshot) {
  Result<Values> values = read_many(*state_->core, keys, snapshot, false);
  if (values.ok() || values.error().code != Errc::would_block) return values;
  COPPICE_TRY_ASSIGN(moment, this->snapshot());
  return read_many(*state_->core, keys, moment, false);
}

void Store::get_many(std::vector<Bytes> keys, const SnapshotHandle& snapshot, Done<Values> done) {
  read_many(state_->core, state_->door, std::move(keys), snapshot, std::move(done));
}

Result<SnapshotHandle> Store::snapshot() {
  return state_->wait_for<SnapshotHandle>([&](auto done) { snapshot(std::move(done)); });
}

void Store::snapshot(Done<SnapshotHandle> done) { take_snapshot(state_->door, {}, done); }

Result<SnapshotHandle> Store::snapshot_at(Timestamp moment) {
  return state_->wait_for<SnapshotHandle>([&](auto done) { snapshot_at(moment, std::move(done)); });
}

void Store::snapshot_at(Timestamp moment, Done<SnapshotHandle> done) {
  if (!state_->door->tell_router(atom::snapshot_v, moment, done)) done(Door::closed());
}

Result<std::unique_ptr<Scan>> Store::scan(ScanOptions options) {
  if (options.range.empty()) return empty_range();
  if (options.snapshot == nullptr) {
    COPPICE_TRY_ASSIGN(moment, state_->wait_for<SnapshotHandle>([&](auto done) {
      take_snapshot(state_->door, options.range, std::move(done));
    }));
    options.snapshot = std::move(moment);
  }
  return std::unique_ptr<Scan>(std::make_unique<PagedScan>(state_->core, state_->door, std::move(options)));
}

void Store::scan(ScanOptions options, Done<std::shared_ptr<Scan>> done) {
  begin_scan(state_->core, state_->door, std::move(options), std::move(done));
}

// Writes.

Result<Timestamp> Store::put(ByteView key, ByteView value, Durability durability) {
  engine::Batch batch;
  COPPICE_TRY(batch.put(key, value));
  return write(std::move(batch), durability);
}

Result<Timestamp> Store::put_for(ByteView key, ByteView value, uint64_t ttl_ms, Durability durability) {
  if (ttl_ms == 0) return Error{Errc::invalid_argument, "a time to live of 0 ms: it has 1 ms and more"};
  engine::Batch batch;
  COPPICE_TRY(batch.put_until(key, value, expiry_after(ttl_ms)));
  return write(std::move(batch), durability);
}

uint64_t Store::expiry_after(uint64_t ttl_ms) const {
  const uint64_t now_ms = state_->core->clock.milliseconds();
  return now_ms + std::min(ttl_ms, UINT64_MAX - now_ms);
}

Result<Timestamp> Store::remove(ByteView key, Durability durability) {
  engine::Batch batch;
  COPPICE_TRY(batch.remove(key));
  return write(std::move(batch), durability);
}

Result<Timestamp> Store::delete_range(const KeyRange& range, Durability durability) {
  if (range.empty()) return empty_range();
  engine::Batch batch;
  COPPICE_TRY(batch.delete_range(range.begin, range.end ? ByteView(*range.end) : ByteView()));
  return write(std::move(batch), durability);
}

Result<Timestamp> Store::write(engine::Batch batch, Durability durability) {
  return state_->wait_for<Timestamp>(
      [&](auto done) { write(std::move(batch), durability, std::move(done)); });
}

void Store::write(engine::Batch batch, Durability durability, Done<Timestamp> done) {
  if (batch.empty()) return done(state_->core->clock.now());
  auto request = std::make_unique<WriteRequest>();
  request->batch = std::move(batch);
  request->durability = durability;
  request->done = std::move(done);
  state_->submit(std::move(request));
}

Result<Timestamp> Store::merge(ByteView key, Operator op, ByteView operand, Durability durability) {
  engine::Batch batch;
  COPPICE_TRY(batch.merge(key, op, operand));
  return write(std::move(batch), durability);
}

Result<WriteOutcome> Store::write_if(std::vector<Condition> conditions, engine::Batch batch,
                                     Durability durability) {
  return state_->wait_for<WriteOutcome>(
      [&](auto done) { write_if(std::move(conditions), std::move(batch), durability, std::move(done)); });
}

void Store::write_if(std::vector<Condition> conditions, engine::Batch batch, Durability durability,
                     Done<WriteOutcome> done) {
  if (batch.empty())
    return done(
        Error{Errc::invalid_argument, "a write with conditions has nothing to write: get the versions"});
  if (Status valid = Conditions::check(conditions); !valid.ok()) return done(std::move(valid).error());
  auto request = std::make_unique<WriteRequest>();
  request->batch = std::move(batch);
  request->durability = durability;
  request->conditions = std::make_shared<Conditions>(std::move(conditions));
  request->done = [conditions = request->conditions, done = std::move(done)](Result<Timestamp> commit) {
    if (!commit.ok()) return done(std::move(commit).error());
    done(conditions->outcome(*commit));
  };
  state_->submit(std::move(request));
}

Result<WriteOutcome> Store::put_if_absent(ByteView key, ByteView value, Durability durability) {
  return put_if_version(key, kTimestampMin, value, durability);
}

Result<WriteOutcome> Store::put_if_version(ByteView key, Timestamp version, ByteView value,
                                           Durability durability) {
  engine::Batch batch;
  COPPICE_TRY(batch.put(key, value));
  return write_if({{Bytes(key), version}}, std::move(batch), durability);
}

// For programs that are actors.

caf::actor_system& StoreActors::system(Store& store) { return store.state_->system; }

RouterActor StoreActors::router(Store& store) { return store.state_->router; }

}  // namespace coppice::actors
