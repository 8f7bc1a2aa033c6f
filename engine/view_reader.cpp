#include "engine/view_reader.hpp"

#include <bit>

#include "engine/apart_values.hpp"
#include "engine/base/sampler.hpp"
#include "engine/cursor/level_cursor.hpp"
#include "engine/cursor/merge_cursor.hpp"
#include "engine/cursor/snapshot_cursor.hpp"
#include "engine/lookup.hpp"
#include "engine/lookup_many.hpp"
#include "engine/standpoint.hpp"

namespace coppice::engine {
namespace {

/// Counts what is the disk's fault, and tells of it ever more rarely: a file that is damaged is asked again and again.
void note_failure(const ReadState& state, const Error& error) {
  if (error.code != Errc::corruption && error.code != Errc::io_error) return;
  const uint64_t count = state.counters.note_failure() + 1;
  if (std::has_single_bit(count)) state.watch.tell({.kind = EventKind::read_failed, .outcome = error});
}

/// A standpoint that outlives the call and the tree.
struct LastingStandpoint final : LaterPuts {
  LastingStandpoint(std::shared_ptr<const ReadState> shared, std::optional<Timestamp> at)
      : state(std::move(shared)), standpoint(*state, at) {}
  ~LastingStandpoint() {
    state->counters.note_scanned(outcome.items_shown, work);
    if (!outcome.status.ok()) note_failure(*state, outcome.status.error());
  }

  bool may_hold(ByteView begin, ByteView end, Timestamp since) const override;

  const std::shared_ptr<const ReadState> state;
  Standpoint standpoint;
  Walk walk;
  // Of the cursor that stands here.
  ReadWork work;
  CursorEnd outcome;
};

/// Asks the view of now, not the pinned one: memtables may have been begun since. Tables are not searched: one
/// with commits so new may hold such a put.
bool LastingStandpoint::may_hold(ByteView begin, ByteView end, Timestamp since) const {
  const Pin<View> now = state->views.pin();
  if (!now || now->active->has_put_after(since, begin, end)) return true;
  for (const auto& memtable : now->sealed)
    if (memtable->has_put_after(since, begin, end)) return true;
  const KeyRange range{Bytes(begin), Bytes(end)};
  for (uint32_t level = 0; level < kLevelCount; ++level)
    for (const TableHandle& table :
         level == 0 ? now->version->level(0) : now->version->overlapping(level, range))
      if (table->meta().newest > since && table->meta().bounds.overlaps(range)) return true;
  return false;
}

/// What a cursor over a view borrows from.
struct Sources {
  std::vector<std::unique_ptr<Cursor>> cursors;
  std::vector<const RangeDeletes*> range_deletes;
};

// Leaves out what holds nothing that a reader at `at` could see: a source less is a comparison less for every entry.
void add_memtable(const Memtable& memtable, Timestamp at, Sources& sources) {
  if (memtable.empty() || memtable.oldest_commit() > at) return;
  sources.cursors.push_back(memtable.cursor());
  sources.range_deletes.push_back(&memtable.range_deletes());
}

Status add_range_deletes(std::span<const TableHandle> tables, const TableReadOptions& options,
                         Sources& sources) {
  for (const TableHandle& table : tables) {
    COPPICE_TRY_ASSIGN(range_deletes, table->range_deletes(options));
    sources.range_deletes.push_back(range_deletes);
  }
  return success();
}

Result<Sources> sources_of(const View& view, const KeyRange& range, Timestamp at,
                           const TableReadOptions& options) {
  Sources sources;
  add_memtable(*view.active, at, sources);
  for (const auto& memtable : view.sealed) add_memtable(*memtable, at, sources);
  const auto add_run = [&](Version::Run tables) -> Status {
    if (tables.empty()) return success();
    sources.cursors.push_back(make_level_cursor(tables, options));
    return add_range_deletes(tables, options, sources);
  };
  for (const Version::Level& run : view.version->runs())
    COPPICE_TRY(add_run(Version::overlapping(run, range)));
  for (uint32_t level = 1; level < kLevelCount; ++level)
    COPPICE_TRY(add_run(view.version->overlapping(level, range)));
  return sources;
}

/// Of one get or get_many, from its beginning on.
class ReadWatch {
public:
  explicit ReadWatch(const ReadState& state) : state_(state) {
    if (!is_picked(state.watch.sample_interval)) return;
    levels_.emplace();
    work.levels = &*levels_;
    begin_ns_ = state.watch.now_ns();
  }
  ReadWatch(const ReadWatch&) = delete;
  ReadWatch& operator=(const ReadWatch&) = delete;

  ReadWork work;

  /// The read of `keys` keys has ended.
  void note(SharedHistogram Latencies::*histogram, uint64_t keys) const {
    if (!levels_) return;
    state_.watch.add(histogram, begin_ns_);
    state_.counters.note_sample(keys, *levels_);
  }
  Error failed(Error error) const {
    note_failure(state_, error);
    return error;
  }

private:
  const ReadState& state_;
  // If it was picked.
  std::optional<LevelWork> levels_;
  uint64_t begin_ns_ = 0;
};

/// Reads at one standpoint; of now, again where the clock has overtaken it (see Expiry), by what it said or, if that is later, what
/// merges went by since. `read` takes the standpoint and the expiry, and gives a Result.
template <class Read>
auto read_at(const ReadState& state, const ReadOptions& options, Read&& read)
    -> decltype(read(std::declval<const Standpoint&>(), std::declval<Expiry&>())) {
  std::optional<uint64_t> asked_ms;
  for (;;) {
    Standpoint standpoint(state, options.at);
    COPPICE_TRY(standpoint.pin());
    const Timestamp at = standpoint.at();
    Expiry expiry = asked_ms ? Expiry(at, std::max(*asked_ms, standpoint.view().floor_ms))
                    : options.at.has_value() || state.clock == nullptr ? Expiry(at)
                                                                       : Expiry(at, *state.clock);
    auto outcome = read(standpoint, expiry);
    if (!expiry.relied_on_clock() || state.visible.load(std::memory_order_acquire) == at.raw) return outcome;
    asked_ms = expiry.milliseconds();
  }
}

class ViewReader final : public TreeReader {
public:
  explicit ViewReader(std::shared_ptr<const ReadState> state) : state_(std::move(state)) {}

  Timestamp visible() const override { return Timestamp{state_->visible.load(std::memory_order_acquire)}; }

  Result<bool> get(ByteView key, const ReadOptions& options, Bytes& value) const override {
    return get(key, options, value, nullptr);
  }

  Result<Versioned> get_versioned(ByteView key, const ReadOptions& options) const override {
    Versioned found;
    Bytes value;
    COPPICE_TRY_ASSIGN(has_value, get(key, options, value, &found.version));
    if (has_value) found.value = std::move(value);
    return found;
  }

  Result<std::vector<std::optional<Bytes>>> get_many(std::span<const ByteView> keys,
                                                     const ReadOptions& options,
                                                     size_t size_max) const override {
    for (const ByteView key : keys) COPPICE_TRY(check(key));
    ReadWatch watch(*state_);
    PlaceCounts places;
    auto values = read_at(*state_, options, [&](const Standpoint& standpoint, Expiry& expiry) {
      return look_up_many(standpoint.view(), keys, standpoint.at(), expiry,
                          {.cached_only = options.cached_only, .fill_cache = true}, size_max, watch.work,
                          places);
    });
    if (!values.ok()) return watch.failed(std::move(values).error());
    state_->counters.note_many(places, watch.work);
    watch.note(&Latencies::get_many, keys.size());
    return values;
  }

  Result<std::unique_ptr<VisibleCursor>> cursor(const KeyRange& range,
                                                const ReadOptions& options) const override {
    // Before the standpoint is taken, so that no write can come between: see Expiry.
    const uint64_t now_ms = options.at || state_->clock == nullptr ? 0 : state_->clock->milliseconds();
    auto keep = std::make_shared<LastingStandpoint>(state_, options.at);
    Standpoint& standpoint = keep->standpoint;
    DeadRangeAccess dead;
    // Of a moment to come nobody knows what was applied.
    if (standpoint.at() <= visible()) dead = {&state_->dead_ranges, keep.get(), &keep->walk};
    COPPICE_TRY(standpoint.pin());
    state_->counters.note_scan();

    const KeyRange& own = keep->walk.range = intersection(range, state_->range);
    const Timestamp at = standpoint.at();
    const TableReadOptions table_options{
        .cached_only = options.cached_only, .fill_cache = true, .walk = &keep->walk, .work = &keep->work};
    COPPICE_TRY_ASSIGN(sources, sources_of(standpoint.view(), own, at, table_options));
    const Version& version = *standpoint.view().version;
    auto values =
        options.keys_only || version.values().empty() ? nullptr : make_value_source(version, table_options);
    // A merge that was installed meanwhile may have let go of more.
    const Expiry expiry = options.at ? Expiry(at) : Expiry(at, std::max(now_ms, standpoint.view().floor_ms));
    CursorEnd* const end = &keep->outcome;
    return make_visible_cursor(make_merge_cursor(std::move(sources.cursors)),
                               std::move(sources.range_deletes), own, at, std::move(keep), dead, end,
                               std::move(values), expiry);
  }

  Result<VerifyReport> verify(const KeyRange& range) const override {
    Standpoint standpoint(*state_, std::nullopt);
    COPPICE_TRY(standpoint.pin());
    VerifyReport report;
    const KeyRange own = intersection(range, state_->range);
    for (uint32_t level = 0; level < kLevelCount; ++level)
      for (const TableHandle& table : standpoint.view().version->level(level))
        if (table->meta().bounds.overlaps(own))
          COPPICE_TRY(verify(*standpoint.view().version, *table, report));
    return report;
  }

private:
  Result<bool> get(ByteView key, const ReadOptions& options, Bytes& value, Timestamp* version) const {
    COPPICE_TRY(check(key));
    ReadWatch watch(*state_);
    Result<bool> found = read_at(*state_, options, [&](const Standpoint& standpoint, Expiry& expiry) {
      return look_up(standpoint.view(), key, standpoint.at(), expiry,
                     {.cached_only = options.cached_only, .fill_cache = true}, value, watch.work, version);
    });
    if (!found.ok()) return watch.failed(std::move(found).error());
    state_->counters.note_get(watch.work);
    watch.note(&Latencies::get, 1);
    return found;
  }

  Status check(ByteView key) const {
    COPPICE_TRY(check_key(key));
    if (state_->range.contains(key)) return success();
    return Error{Errc::moved, "the shard asked does not own the key " + printable(key)};
  }

  Status verify(const Version& version, const TableReader& table, VerifyReport& report) const {
    // The tree may be closed meanwhile, and then should not be waited for long.
    if (!state_->views.pin()) return Error{Errc::unavailable, "the tree was closed during the verification"};
    ++report.tables;
    // Every value once, in the order of their keys.
    const auto values = make_value_source(version, {.cached_only = false, .fill_cache = false});
    const auto check = table.verify([&](const ValueRef& ref) { return values->read(ref).status(); });
    if (!check.ok()) {
      if (check.error().code != Errc::corruption) return check.error();
      report.problems.push_back(check.error().text);
      return success();
    }
    report.blocks += check->blocks;
    report.entries += check->entries;
    report.values += check->values;
    report.bytes += check->bytes;
    return success();
  }

  const std::shared_ptr<const ReadState> state_;
};

}  // namespace

std::shared_ptr<TreeReader> make_view_reader(std::shared_ptr<const ReadState> state) {
  return std::make_shared<ViewReader>(std::move(state));
}

}  // namespace coppice::engine
