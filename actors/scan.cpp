#include "actors/scan.hpp"

#include <atomic>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/deliver.hpp"
#include "actors/exceptions.hpp"

namespace coppice::actors {

// One page after the other.

ScanPosition::ScanPosition(std::shared_ptr<Core> core, ScanOptions options)
    : core_(std::move(core)), options_(std::move(options)), rest_(options_.range), ended_(rest_.empty()) {
  COPPICE_CHECK(options_.snapshot != nullptr);
}

Result<Page> ScanPosition::next() {
  COPPICE_TRY(failure_);
  const uint64_t begin_ns = core_->stopwatch.now_ns();
  Page page;
  while (!ended_ && !page_full(page) && failure_.ok()) failure_ = fill(page);
  // What the page has is lost to the caller, and so is the way back to it.
  COPPICE_TRY(failure_);
  page.last = ended_;
  core_->pages.add(core_->stopwatch.now_ns() - begin_ns);
  return page;
}

bool ScanPosition::page_full(const Page& page) const {
  return page.count() > 0 && page.size() >= options_.page_size;
}

/// Adds what one shard has, and moves on to the next if that was all.
Status ScanPosition::fill(Page& page) {
  const engine::Pin<RoutingTable> table = core_->table.pin();
  if (!table) return Door::closed();
  const auto routes = table->find_overlapping(rest_);
  const Route& route = options_.reverse ? routes.back() : routes.front();
  if (route.port == nullptr) return route.problem;
  Status filled = fill_from(*route.port->reader, intersection(rest_, route.range), page);
  if (!filled.ok()) {
    // A shard that was split closes its tree once the new table is published.
    if (filled.error().code == Errc::unavailable && table.is_stale()) return success();
    return filled;
  }
  if (ended_ || page_full(page)) return success();
  if (options_.reverse) {
    rest_.end = route.range.begin;
    ended_ = rest_.empty();
  } else if (route.range.end) {
    rest_.begin = *route.range.end;
    ended_ = rest_.empty();
  } else {
    ended_ = true;
  }
  return success();
}

Status ScanPosition::fill_from(const engine::TreeReader& reader, const KeyRange& range, Page& page) {
  engine::ReadOptions options;
  options.at = options_.snapshot->timestamp();
  options.keys_only = options_.keys_only;
  COPPICE_TRY_ASSIGN(cursor, reader.cursor(range, options));
  const engine::Item* item = options_.reverse ? cursor->seek_last() : cursor->seek(range.begin);
  const size_t before = page.count();
  while (item != nullptr) {
    page.add(item->key, options_.keys_only ? ByteView() : item->value);
    ended_ = ++count_ == options_.limit;
    if (ended_ || page_full(page)) break;
    item = options_.reverse ? cursor->prev() : cursor->next();
  }
  if (page.count() > before) move_past(page.key(page.count() - 1));
  return cursor->status();
}

void ScanPosition::move_past(ByteView key) {
  if (options_.reverse) {
    rest_.end = Bytes(key);
  } else {
    rest_.begin = Bytes(key) + '\0';
  }
  ended_ = ended_ || rest_.empty();
}

// On the reader pool.

struct PagedScan::Shared {
  Shared(std::shared_ptr<Core> core, ScanOptions options) : position(std::move(core), std::move(options)) {}

  std::atomic<bool> dropped{false};
  // Guards the rest: a read ahead may still run when the next page is asked for, and then comes first.
  std::mutex mutex;
  ScanPosition position;
  std::optional<Result<Page>> ahead;

  Result<Page> take() {
    const std::lock_guard lock(mutex);
    if (!ahead) return position.next();
    return *std::exchange(ahead, std::nullopt);
  }
  void read_ahead() {
    const std::lock_guard lock(mutex);
    if (!ahead && !dropped.load(std::memory_order_relaxed)) ahead = position.next();
  }
};

PagedScan::PagedScan(std::shared_ptr<Core> core, std::shared_ptr<Door> door, ScanOptions options)
    : shared_(std::make_shared<Shared>(std::move(core), std::move(options))), door_(std::move(door)) {}

PagedScan::~PagedScan() { shared_->dropped.store(true, std::memory_order_relaxed); }

Result<Page> PagedScan::next() { return shared_->take(); }

void PagedScan::next(std::function<void(Result<Page>)> done) {
  const auto run = [shared = shared_, done] {
    Result<Page> page = shared->take();
    const bool more = page.ok() && !page->last;
    done(std::move(page));
    if (more) shared->read_ahead();
  };
  door_->read({run, [done](Error error) { done(std::move(error)); }});
}

Error empty_range() {
  return {Errc::invalid_argument, "the range is empty: its end does not lie behind its begin"};
}

void take_snapshot(const std::shared_ptr<Door>& door, const KeyRange& range,
                   const Done<SnapshotHandle>& done) {
  if (!door->tell_router(atom::snapshot_v, range, done)) done(Door::closed());
}

void begin_scan(const std::shared_ptr<Core>& core, const std::shared_ptr<Door>& door, ScanOptions options,
                Done<std::shared_ptr<Scan>> done) {
  const auto begin = [core, door, options, done](Result<SnapshotHandle> moment) {
    if (!moment.ok()) return done(std::move(moment).error());
    ScanOptions whole = options;
    whole.snapshot = std::move(*moment);
    done(std::shared_ptr<Scan>(std::make_shared<PagedScan>(core, door, std::move(whole))));
  };
  if (options.range.empty()) {
    done(empty_range());
  } else if (options.snapshot != nullptr) {
    begin(options.snapshot);
  } else {
    take_snapshot(door, options.range, begin);
  }
}

// For actors.

ScanActor::behavior_type scan_actor(ScanActor::stateful_pointer<ScanState> self,
                                    const std::shared_ptr<Scan>& scan) {
  end_with_exceptions(*self);
  self->state.scan = scan;
  return {
      [self](atom::next) -> caf::result<Page> {
        caf::response_promise reply;
        self->state.scan->next(deliver_anywhere<Page>(self, reply));
        return reply;
      },
      [self](atom::close) { self->quit(); },
  };
}

}  // namespace coppice::actors
