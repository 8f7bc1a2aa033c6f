#include "actors/reads.hpp"

#include <algorithm>

namespace coppice::actors {
namespace {

/// More are read by a reader: the thread that asks may have others to answer.
constexpr size_t kKeysHereMax = 256;

Status check_keys(std::span<const Bytes> keys) {
  for (const Bytes& key : keys) COPPICE_TRY(check_key(key));
  return success();
}

/// The reader of the one shard that owns all the keys, or nothing.
std::shared_ptr<engine::TreeReader> only_reader(const Core& core, std::span<const Bytes> keys) {
  const engine::Pin<RoutingTable> table = core.table.pin();
  if (!table) return nullptr;
  const Route& route = table->find(keys.front());
  const bool only = std::ranges::all_of(keys, [&](const Bytes& key) { return route.range.contains(key); });
  return only && route.port != nullptr ? route.port->reader : nullptr;
}

Error too_large() {
  return Error{Errc::invalid_argument,
               "the values asked for pass 64 MiB, the most in one answer: ask for fewer keys at a time"};
}

/// All at one moment. Requires: the keys are the reader's own, or were so a moment ago.
Result<Values> read_together(const engine::TreeReader& reader, std::span<const Bytes> keys,
                             const engine::ReadOptions& options) {
  if (keys.size() > kAnswerSizeMax / kAnswerOverhead) return too_large();
  const std::vector<ByteView> views(keys.begin(), keys.end());
  Result<Values> values = reader.get_many(views, options, kAnswerSizeMax - keys.size() * kAnswerOverhead);
  if (!values.ok() && values.error().code == Errc::invalid_argument) return too_large();
  return values;
}

/// What `read` gets of the reader that owns `key`.
template <class T, class Read>
Result<T> ask_owner(const Core& core, ByteView key, const SnapshotHandle& snapshot, bool cached_only,
                    Read&& read) {
  COPPICE_TRY(check_key(key));
  engine::ReadOptions options;
  options.cached_only = cached_only;
  if (snapshot != nullptr) options.at = snapshot->timestamp();
  for (;;) {
    const engine::Pin<RoutingTable> table = core.table.pin();
    if (!table) return Door::closed();
    const Route& route = table->find(key);
    if (route.port == nullptr) return route.problem;
    Result<T> value = read(*route.port->reader, options);
    if (value.ok() || value.error().code != Errc::unavailable || !table.is_stale()) return value;
  }
}

Result<Values> read_each(const Core& core, std::span<const Bytes> keys, const SnapshotHandle& snapshot,
                         bool cached_only) {
  Values values;
  values.reserve(keys.size());
  size_t size = 0;
  for (const Bytes& key : keys) {
    COPPICE_TRY_ASSIGN(value, read_one(core, key, snapshot, cached_only));
    size += kAnswerOverhead + (value ? value->size() : 0);
    if (size > kAnswerSizeMax) return too_large();
    values.push_back(std::move(value));
  }
  return values;
}

/// Runs `call`, which may wait for the disk, on a reader.
template <class T>
void read_apart(Door& door, std::function<Result<T>()> call, const Done<T>& done) {
  door.read(
      {[call = std::move(call), done] { done(call()); }, [done](Error error) { done(std::move(error)); }});
}

/// From the first of them to the last. Requires: not empty.
KeyRange range_of(std::span<const Bytes> keys) {
  const auto [first, last] = std::ranges::minmax_element(keys);
  return {*first, *last + '\0'};
}

}  // namespace

Result<std::optional<Bytes>> read_one(const Core& core, ByteView key, const SnapshotHandle& snapshot,
                                      bool cached_only) {
  return ask_owner<std::optional<Bytes>>(
      core, key, snapshot, cached_only,
      [key](const engine::TreeReader& reader, const engine::ReadOptions& options) {
        return reader.get(key, options);
      });
}

Result<engine::Versioned> read_versioned(const Core& core, ByteView key, const SnapshotHandle& snapshot,
                                         bool cached_only) {
  return ask_owner<engine::Versioned>(
      core, key, snapshot, cached_only,
      [key](const engine::TreeReader& reader, const engine::ReadOptions& options) {
        return reader.get_versioned(key, options);
      });
}

Result<Values> read_many(const Core& core, std::span<const Bytes> keys, const SnapshotHandle& snapshot,
                         bool cached_only) {
  COPPICE_TRY(check_keys(keys));
  if (keys.size() <= 1) return read_each(core, keys, snapshot, cached_only);
  engine::ReadOptions options;
  options.cached_only = cached_only;
  if (snapshot != nullptr) options.at = snapshot->timestamp();
  // One shard reads all of its keys at one moment, and so together. Of a shard that was split meanwhile the answer may be
  // old.
  constexpr int kTries = 3;
  for (int i = 0; i < kTries; ++i) {
    const std::shared_ptr<engine::TreeReader> reader = only_reader(core, keys);
    if (reader == nullptr) break;
    Result<Values> values = read_together(*reader, keys, options);
    if (only_reader(core, keys) == reader) return values;
  }
  if (snapshot != nullptr) return read_each(core, keys, snapshot, cached_only);
  return Error{Errc::would_block, "the keys need a snapshot"};
}

void read_one(const std::shared_ptr<Core>& core, const std::shared_ptr<Door>& door, ByteView key,
              const SnapshotHandle& snapshot, Done<std::optional<Bytes>> done) {
  Result<std::optional<Bytes>> value = read_one(*core, key, snapshot, true);
  if (value.ok() || value.error().code != Errc::would_block) return done(std::move(value));
  read_apart<std::optional<Bytes>>(
      *door, [core, key = Bytes(key), snapshot] { return read_one(*core, key, snapshot, false); }, done);
}

void read_versioned(const std::shared_ptr<Core>& core, const std::shared_ptr<Door>& door, ByteView key,
                    const SnapshotHandle& snapshot, Done<engine::Versioned> done) {
  Result<engine::Versioned> found = read_versioned(*core, key, snapshot, true);
  if (found.ok() || found.error().code != Errc::would_block) return done(std::move(found));
  read_apart<engine::Versioned>(
      *door, [core, key = Bytes(key), snapshot] { return read_versioned(*core, key, snapshot, false); },
      done);
}

void read_many(const std::shared_ptr<Core>& core, const std::shared_ptr<Door>& door, std::vector<Bytes> keys,
               const SnapshotHandle& snapshot, Done<Values> done) {
  if (keys.size() <= kKeysHereMax) {
    Result<Values> values = read_many(*core, keys, snapshot, true);
    if (values.ok() || values.error().code != Errc::would_block) return done(std::move(values));
  }
  const auto shared = std::make_shared<const std::vector<Bytes>>(std::move(keys));
  const auto read_at = [core, door, shared](const SnapshotHandle& moment, const Done<Values>& answer) {
    read_apart<Values>(
        *door, [core, shared, moment] { return read_many(*core, *shared, moment, false); }, answer);
  };
  read_at(snapshot, [read_at, door, shared, done](Result<Values> read) {
    if (read.ok() || read.error().code != Errc::would_block) return done(std::move(read));
    const Done<SnapshotHandle> again = [read_at, done](Result<SnapshotHandle> moment) {
      if (!moment.ok()) return done(std::move(moment).error());
      read_at(*moment, done);
    };
    if (!door->tell_router(atom::snapshot_v, range_of(*shared), again)) done(Door::closed());
  });
}

}  // namespace coppice::actors
