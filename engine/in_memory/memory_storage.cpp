#include "engine/in_memory/memory_storage.hpp"

#include <algorithm>
#include <utility>

#include "engine/apply.hpp"
#include "engine/apply_group.hpp"
#include "engine/compact/backlog.hpp"
#include "engine/in_memory/memory_flush.hpp"
#include "engine/in_memory/tables_in_memory.hpp"
#include "engine/table/block_cache.hpp"
#include "engine/view_reader.hpp"

namespace coppice::engine {
namespace {

constexpr uint32_t kRetryAfterMs = 50;
// Each costs as much as there are already.
constexpr uint32_t kRangeDeletesMax = 256;

// Memory is counted in steps, ahead of what is used.
constexpr size_t kCountStep = 64 << 10;

bool only_deletes(std::span<const GroupWrite> group) {
  for (const GroupWrite& write : group)
    for (Batch::Reader reader(*write.batch); const auto operation = reader.next();)
      if (operation->kind != OperationKind::remove && operation->kind != OperationKind::delete_range)
        return false;
  return true;
}

}  // namespace

MemoryStorage::MemoryStorage(const TreeEnv& env, const TreeShape& options, std::shared_ptr<MemoryTrees> trees,
                             std::shared_ptr<MemoryTree> tree)
    : env_(env),
      options_(options),
      trees_(std::move(trees)),
      tree_(std::move(tree)),
      readers_(std::make_shared<ReadState>()),
      random_(env.seed) {
  readers_->range = tree_->range;
  readers_->clock = env_.clock;
  readers_->watch = env_.watch;
  if (tree_->active == nullptr) tree_->active = make_memtable();
  // As a log is replayed.
  Applier applier(*tree_->active);
  for (const MemoryWrite& write : tree_->logged) {
    applier.apply(write.batch, write.commit);
    tree_->last_commit = write.commit;
  }
  applier.finish();
  tree_->logged.clear();
  readers_->visible.store(tree_->last_commit.raw, std::memory_order_release);
  publish();
  count();
}

MemoryStorage::~MemoryStorage() {
  env_.cache.unreserve(counted_, MemoryUse::memtables);
  readers_->views.publish(nullptr);
  readers_->views.reclaim();
}

Status MemoryStorage::close() {
  COPPICE_TRY(check_usable());
  closed_ = true;
  readers_->views.publish(nullptr);
  readers_->views.reclaim();
  return success();
}

std::shared_ptr<TreeReader> MemoryStorage::reader() const { return make_view_reader(readers_); }

Status MemoryStorage::log_group(std::span<const GroupWrite> group) {
  COPPICE_TRY(check_usable());
  COPPICE_TRY(check_room(group));
  for (const GroupWrite& write : group) {
    COPPICE_CHECK(write.commit > (tree_->logged.empty() ? tree_->last_commit : tree_->logged.back().commit));
    tree_->logged.push_back({*write.batch, write.commit});
    if (write.spanning.empty()) continue;
    RecoveredSpanning& kept = tree_->spanning.emplace_back();
    kept.commit = write.commit;
    for (const SpanningPart& part : write.spanning) {
      COPPICE_TRY_ASSIGN(batch, Batch::decode(Bytes(part.batch)));
      kept.parts.push_back({part.shard, std::move(batch)});
    }
  }
  return success();
}

void MemoryStorage::apply_group(std::span<const GroupWrite> group) {
  engine::apply_group(group, *tree_->active, *readers_, tree_->last_commit);
  while (!tree_->logged.empty() && tree_->logged.front().commit <= tree_->last_commit)
    tree_->logged.pop_front();
  count();
  if (is_crowded() && only_deletes(group)) makes_room_ = true;
}

void MemoryStorage::advance(Timestamp moment) { engine::advance(*readers_, moment); }

void MemoryStorage::settle(Timestamp commit) {
  std::erase_if(tree_->spanning, [&](const RecoveredSpanning& kept) { return kept.commit == commit; });
}

bool MemoryStorage::memtable_full() const {
  const size_t settled = tree_->settled == nullptr ? 0 : tree_->settled->size();
  return makes_room_ || tree_->active->size() >= std::max(options_.memtable_size, settled / 2) ||
         tree_->active->range_delete_count() >= kRangeDeletesMax;
}

Status MemoryStorage::seal_memtable() {
  COPPICE_TRY(check_usable());
  if (tree_->active->empty()) return success();
  tree_->active->settle();
  tree_->sealed.push_back(tree_->active);
  tree_->active = make_memtable();
  makes_room_ = false;
  publish();
  return success();
}

std::optional<Job> MemoryStorage::plan_flush(std::span<const Timestamp> snapshots) {
  readers_->views.reclaim();
  if (closed_ || flushing_count_ > 0 || tree_->sealed.empty()) return std::nullopt;
  MemoryFlush::Inputs inputs(tree_->sealed.rbegin(), tree_->sealed.rend());
  if (tree_->settled != nullptr) inputs.push_back(tree_->settled);
  SurvivalRules rules = survival_rules(snapshots, visible(), now_ms(), options_.retention_ms, tree_->range);
  rules.bottom = true;
  flushing_count_ = tree_->sealed.size();
  tree_->history_from = std::max(tree_->history_from, engine::history_from(rules));
  return Job(std::make_unique<MemoryFlush>(std::move(inputs), make_memtable(), std::move(rules)));
}

Status MemoryStorage::install(Job job) {
  auto& flush = static_cast<MemoryFlush&>(job.work());
  const auto taken = static_cast<std::ptrdiff_t>(std::exchange(flushing_count_, 0));
  COPPICE_TRY(check_usable());
  COPPICE_TRY(flush.status());
  tree_->settled = flush.output();
  // Others may have been sealed behind those that it took.
  tree_->sealed.erase(tree_->sealed.begin(), tree_->sealed.begin() + taken);
  tree_->floor = std::max(tree_->floor, flush.rules().floor);
  tree_->floor_ms = std::max(tree_->floor_ms, flush.rules().floor_ms);
  flushes_ += static_cast<uint64_t>(taken);
  publish();
  count();
  return success();
}

bool MemoryStorage::memtables_empty() const { return tree_->active->empty() && tree_->sealed.empty(); }

Result<std::unique_ptr<Ingest>> MemoryStorage::prepare_ingest(std::span<const OutsideTable> tables) {
  COPPICE_TRY(check_usable());
  auto ingest = std::make_unique<TablesInMemory>(make_memtable());
  COPPICE_TRY(ingest->read(env_, tables, tree_->range));
  return std::unique_ptr<Ingest>(std::move(ingest));
}

Status MemoryStorage::install_ingest(std::unique_ptr<Ingest> ingest, Timestamp commit) {
  COPPICE_TRY(check_usable());
  COPPICE_CHECK(commit > tree_->last_commit);
  COPPICE_CHECK(commit > visible());
  COPPICE_CHECK(tree_->logged.empty());
  // It lies above all that was written, as a memtable that is sealed already.
  COPPICE_TRY(seal_memtable());
  const auto& tables = static_cast<const TablesInMemory&>(*ingest);
  tree_->sealed.push_back(tables.at(commit, make_memtable()));
  tree_->last_commit = commit;
  publish();
  count();
  if (DeadRanges& dead = readers_->dead_ranges; dead.in_use()) dead.put_any(tree_->range);
  engine::advance(*readers_, commit);
  env_.watch.tell(
      {.kind = EventKind::tables_ingested, .tables = tables.table_count(), .bytes_read = tables.size()});
  return success();
}

Status MemoryStorage::split(ByteView key, const SplitHalf& left, const SplitHalf& right) {
  COPPICE_CHECK(memtables_empty());
  COPPICE_TRY(check_usable());
  COPPICE_TRY(copy_to(left.directory, {tree_->range.begin, Bytes(key)}));
  return copy_to(right.directory, {Bytes(key), tree_->range.end});
}

Status MemoryStorage::checkpoint(const std::string& target) {
  COPPICE_TRY(seal_memtable());
  return copy_to(target, tree_->range);
}

Status MemoryStorage::copy_to(const std::string& directory, const KeyRange& range) const {
  COPPICE_TRY(env_.files.make_child_directory(directory));
  auto copy = std::make_shared<MemoryTree>();
  copy->range = range;
  // Memtables that nobody writes to any more are shared until each has gone through them.
  copy->settled = tree_->settled;
  copy->sealed = tree_->sealed;
  copy->last_commit = tree_->last_commit;
  copy->floor = tree_->floor;
  copy->floor_ms = tree_->floor_ms;
  copy->history_from = tree_->history_from;
  if (trees_->add(directory, std::move(copy))) return success();
  return Error{Errc::in_use, directory + ": a tree is there already"};
}

double MemoryStorage::debt() const { return flush_debt(tree_->sealed.size(), 0, options_); }
double MemoryStorage::write_rate() const { return engine::write_rate(debt()); }

StallReason MemoryStorage::stall_reason() const {
  return debt() > 0 ? StallReason::memtables : StallReason::none;
}

TreeStats MemoryStorage::stats() const {
  TreeStats stats;
  stats.memtable_size = size();
  stats.sealed_memtables = static_cast<uint32_t>(tree_->sealed.size());
  stats.flushes = flushes_;
  stats.debt = debt();
  stats.reads = readers_->counters.load();
  return stats;
}

Status MemoryStorage::check_usable() const {
  if (!closed_) return success();
  return Error{Errc::unavailable, "the tree is closed"};
}

Status MemoryStorage::check_room(std::span<const GroupWrite> group) const {
  if (debt() >= 1)
    return Error{Errc::unavailable, "writes come faster than memory is gone through for what can be let go",
                 kRetryAfterMs};
  if (!is_crowded() || only_deletes(group)) return success();
  return Error{Errc::out_of_space, "what trees hold in memory takes " +
                                       std::to_string(env_.cache.taken(MemoryUse::memtables)) + " of the " +
                                       std::to_string(env_.cache.memtables_max()) +
                                       " bytes that it may: delete something, or give the store more memory"};
}

bool MemoryStorage::is_crowded() const {
  return env_.cache.taken(MemoryUse::memtables) >= env_.cache.memtables_max();
}

size_t MemoryStorage::size() const {
  size_t size = tree_->active->size();
  for (const auto& sealed : tree_->sealed) size += sealed->size();
  return tree_->settled == nullptr ? size : size + tree_->settled->size();
}

void MemoryStorage::count() {
  const size_t counted = (size() / kCountStep + 1) * kCountStep;
  if (counted > counted_) env_.cache.charge(counted - counted_, MemoryUse::memtables);
  if (counted < counted_) env_.cache.unreserve(counted_ - counted, MemoryUse::memtables);
  counted_ = counted;
}

std::shared_ptr<Memtable> MemoryStorage::make_memtable() {
  return std::make_shared<Memtable>(random_.next(), options_.memtable_size);
}

void MemoryStorage::publish() {
  auto view = std::make_unique<View>();
  view->active = tree_->active;
  view->sealed.assign(tree_->sealed.rbegin(), tree_->sealed.rend());
  if (tree_->settled != nullptr) view->sealed.push_back(tree_->settled);
  view->version = std::make_shared<const Version>();
  view->floor = tree_->floor;
  view->floor_ms = tree_->floor_ms;
  readers_->views.publish(std::move(view));
  readers_->views.reclaim();
}

Timestamp MemoryStorage::visible() const {
  return Timestamp{readers_->visible.load(std::memory_order_relaxed)};
}

uint64_t MemoryStorage::now_ms() const {
  const uint64_t visible_ms = visible().milliseconds();
  return env_.clock == nullptr ? visible_ms : std::max(visible_ms, env_.clock->milliseconds());
}

}  // namespace coppice::engine
