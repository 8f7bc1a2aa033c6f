#include "engine/tree.hpp"

#include "engine/apply_group.hpp"
#include "engine/background.hpp"
#include "engine/checkpoint.hpp"
#include "engine/cold_directory.hpp"
#include "engine/compact/backlog.hpp"
#include "engine/ingest/ingest_tables.hpp"
#include "engine/io/file_names.hpp"
#include "engine/recovery.hpp"
#include "engine/split.hpp"
#include "engine/tree_state.hpp"
#include "engine/unread_tables.hpp"
#include "engine/view_reader.hpp"

namespace coppice::engine {
namespace {

constexpr uint32_t kRetryAfterMs = 50;

std::optional<Job> wrap(std::unique_ptr<JobState> job) {
  if (job == nullptr) return std::nullopt;
  return Job(std::move(job));
}

}  // namespace

Tree::Tree(std::unique_ptr<TreeState> state) : state_(std::move(state)) {}
Tree::~Tree() = default;

Status Tree::create(const TreeEnv& env, const std::string& directory, const KeyRange& range) {
  COPPICE_CHECK(!range.empty());
  COPPICE_TRY(env.files.make_directory(directory));
  COPPICE_TRY_ASSIGN(exists, env.files.exists(join_path(directory, kManifestName)));
  if (exists) return Error{Errc::in_use, directory + ": a tree is there already"};
  ManifestState empty;
  empty.range = range;
  empty.history_from = Timestamp{1};
  Random random(env.seed);
  COPPICE_TRY(Manifest::create(env.files, directory, std::move(empty), random.next(), env.keys).status());
  return env.files.sync_directory(parent_directory(directory));
}

Result<std::unique_ptr<Tree>> Tree::open(const TreeEnv& env, const std::string& directory,
                                         const TreeShape& options) {
  COPPICE_TRY_ASSIGN(state, recover(env, directory, options));
  return std::unique_ptr<Tree>(new Tree(std::move(state)));
}

Status Tree::check_keys(const TreeEnv& env, const std::string& directory) {
  return engine::check_keys(env, directory);
}

Result<ColdFiles> Tree::cold_files(const TreeEnv& env, const std::string& directory) {
  COPPICE_TRY_ASSIGN(manifest, Manifest::read(env.files, directory, env.keys));
  return engine::cold_files(manifest.state);
}

Status Tree::close() {
  TreeState& tree = *state_;
  COPPICE_TRY(tree.check_usable());
  tree.closed = true;
  tree.readers->views.publish(nullptr);
  tree.reclaim();
  COPPICE_TRY(tree.broken_by(tree.log.close()));
  VersionEdit edit;
  for (const LogWriter& spare : tree.spare_logs) edit.logs_retired.push_back(spare.number());
  for (const auto& [number, log] : tree.manifest.state().logs)
    if (number <= tree.logs.current() && !log.closed) edit.logs_closed.push_back(number);
  COPPICE_TRY(tree.broken_by(tree.manifest.append(edit, tree.random.next())));
  remove_logs(tree.env.files, tree.directory, edit.logs_retired);
  remove_logs(tree.env.files, tree.directory, std::exchange(tree.retired_logs, {}));
  return tree.broken_by(tree.manifest.close());
}

const KeyRange& Tree::range() const { return state_->readers->range; }
std::shared_ptr<TreeReader> Tree::reader() const { return make_view_reader(state_->readers); }
std::shared_ptr<const ReadState> Tree::read_state() const { return state_->readers; }
Timestamp Tree::last_commit() const { return state_->last_commit; }
bool Tree::broken() const { return state_->broken; }

Status Tree::log_group(std::span<const GroupWrite> group) {
  TreeState& tree = *state_;
  COPPICE_TRY(tree.check_usable());
  if (debt() >= 1) return Error{Errc::unavailable, tree.directory + ": " + backlog_text(), kRetryAfterMs};

  std::vector<Bytes> spanning;
  size_t size = 0;
  for (const GroupWrite& write : group) {
    if (!write.spanning.empty()) spanning.push_back(encode_spanning(write.batch->bytes(), write.spanning));
    size +=
        kRecordFrameSizeMax + (write.spanning.empty() ? write.batch->bytes().size() : spanning.back().size());
  }
  // The first must not be in the log when there is no room for the last.
  if (group.size() > 1) COPPICE_TRY(tree.broken_with_log(tree.log.make_room(size)));

  const uint64_t size_before = tree.log.size();
  auto parts = spanning.begin();
  for (const GroupWrite& write : group) {
    COPPICE_CHECK(write.commit > tree.last_logged);
    const bool spans = !write.spanning.empty();
    const std::array<ByteView, 1> payload{spans ? ByteView(*parts++) : write.batch->bytes()};
    const Status added =
        tree.log.add(spans ? RecordKind::spanning : RecordKind::batch, write.commit, payload);
    COPPICE_TRY(group.size() > 1 ? tree.broken_by(added) : tree.broken_with_log(added));
    tree.last_logged = write.commit;
    tree.logs.note(write.commit);
    if (spans) tree.logs.note_spanning(write.commit);
  }
  tree.bytes_logged += tree.log.size() - size_before;
  tree.logs.set_size(tree.log.size());
  return success();
}

Status Tree::make_room(size_t size) {
  COPPICE_TRY(state_->check_usable());
  return state_->broken_with_log(state_->log.make_room(size));
}

LogSync Tree::plan_sync() { return state_->log.plan_sync(); }
Status Tree::run_sync(LogSync sync) const {
  const uint64_t begin = watch().now_ns();
  Status outcome = sync.run();
  if (outcome.ok()) watch().add(&Latencies::sync, begin);
  return outcome;
}

Status Tree::install_sync(const Status& outcome) {
  return state_->broken_by(state_->log.install_sync(outcome));
}

void Tree::apply_group(std::span<const GroupWrite> group) {
  if (group.empty()) return;
  engine::apply_group(group, *state_->active, *state_->readers, state_->last_commit);
  state_->memory->count(*state_->active);
}
void Tree::advance(Timestamp moment) { engine::advance(*state_->readers, moment); }

std::vector<RecoveredSpanning> Tree::spanning() const { return state_->logs.recovered(); }
void Tree::settle(Timestamp commit) { state_->logs.settle(commit); }

bool Tree::memtable_full() const {
  const TreeState& tree = *state_;
  // To seal more than is being flushed would free nothing.
  return is_full(*tree.active, tree.options) ||
         (tree.sealed.empty() && tree.memory->is_crowded(tree.active->size()));
}
bool Tree::deletes_tables() const { return engine::deletes_tables(*state_); }
bool Tree::frees_with_time() const { return engine::frees_with_time(*state_); }
Timestamp Tree::history_from() const { return state_->history_from; }
bool Tree::memtables_empty() const { return state_->active->empty() && state_->sealed.empty(); }

Status Tree::seal_memtable() { return engine::seal_memtable(*state_); }

std::optional<Job> Tree::plan_flush(std::span<const Timestamp> snapshots) {
  return wrap(engine::plan_flush(*state_, snapshots));
}
std::optional<Job> Tree::plan_merge(std::span<const Timestamp> snapshots, MergeNeed need) {
  return wrap(engine::plan_merge(*state_, snapshots, need));
}
std::optional<Job> Tree::plan_merge_range(const KeyRange& range, std::span<const Timestamp> snapshots,
                                          Timestamp through) {
  return wrap(engine::plan_merge_range(*state_, range, snapshots, through));
}
Status Tree::install(Job job) { return engine::install(*state_, static_cast<JobState&>(job.work())); }

bool Tree::must_flush(const KeyRange& range) const { return memtables_overlap(*state_, range); }
Result<std::unique_ptr<Ingest>> Tree::prepare_ingest(std::span<const OutsideTable> tables) {
  return engine::prepare_ingest(*state_, tables);
}
Status Tree::install_ingest(std::unique_ptr<Ingest> ingest, Timestamp commit) {
  return engine::install_ingest(*state_, static_cast<LinkedTables&>(*ingest), commit);
}

Status Tree::split(ByteView key, const SplitHalf& left, const SplitHalf& right) {
  COPPICE_CHECK(memtables_empty());
  return engine::split(*state_, key, left, right);
}

Status Tree::checkpoint(const std::string& target) { return engine::checkpoint(*state_, target); }

Status Tree::clean_logs() { return engine::clean_logs(*state_); }

void Tree::let_go_unread() { engine::let_go_unread(*state_); }

double Tree::debt() const { return engine::debt(*state_); }
double Tree::merge_debt() const { return state_->merge_debt; }
std::string Tree::backlog_text() const {
  if (stall_reason() == StallReason::memory) return state_->memory->debt_text();
  return engine::backlog_text(*state_->version, state_->options, state_->sealed.size(),
                              state_->active->size(), state_->merging);
}
void Tree::set_merging(Merging merging) {
  state_->merging = merging;
  state_->measure();
}
Merging Tree::merging() const { return state_->merging; }
RangeBacklog Tree::range_backlog(const KeyRange& range, Timestamp through) const {
  return engine::range_backlog(*state_->version, state_->options, range, state_->readers->range, through);
}
double Tree::write_rate() const { return engine::write_rate(debt()); }
StallReason Tree::stall_reason() const { return engine::stall_reason(*state_); }
TreeStats Tree::stats() const { return engine::stats(*state_); }
const Watch& Tree::watch() const { return state_->env.watch; }

Status TreeEngine::create(const TreeEnv& env, const std::string& directory, const KeyRange& range) const {
  return Tree::create(env, directory, range);
}
Result<std::unique_ptr<Storage>> TreeEngine::open(const TreeEnv& env, const std::string& directory,
                                                  const TreeShape& options) const {
  COPPICE_TRY_ASSIGN(tree, Tree::open(env, directory, options));
  return std::unique_ptr<Storage>(std::move(tree));
}
Status TreeEngine::check_keys(const TreeEnv& env, const std::string& directory) const {
  return Tree::check_keys(env, directory);
}
Result<ColdFiles> TreeEngine::cold_files(const TreeEnv& env, const std::string& directory) const {
  return Tree::cold_files(env, directory);
}
Status TreeEngine::remove(const TreeEnv& env, const std::string& directory) const {
  COPPICE_TRY(env.files.remove_tree(directory));
  return env.cold_directory.empty() ? success() : env.files.remove_tree(env.cold_directory);
}

}  // namespace coppice::engine
