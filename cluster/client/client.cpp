#include "cluster/client/client.hpp"

#include "cluster/client/client_state.hpp"
#include "cluster/client/merge_watcher.hpp"
#include "cluster/client/messages.hpp"
#include "cluster/client/page_sink.hpp"
#include "cluster/wire/convert.hpp"

namespace coppice::client {
namespace {

using wire::as_data;
using wire::words_for;

using GetRequest = capnp::Request<schema::Reader::GetParams, schema::Reader::GetResults>;
using WriteRequest = capnp::Request<schema::Store::WriteParams, schema::Store::WriteResults>;

GetRequest get_request(schema::Reader::Client reader, ByteView key) {
  GetRequest request = reader.getRequest(capnp::MessageSize{words_for(key.size()) + 8, 0});
  request.setKey(as_data(key));
  return request;
}

WriteRequest write_request(schema::Store::Client& store, const Batch& batch, Durability durability) {
  WriteRequest request = store.writeRequest(write_size(batch));
  set_operations(batch, request.initOperations(static_cast<capnp::uint>(batch.count())));
  request.setDurability(wire::to_message(durability));
  return request;
}

}  // namespace

Result<std::unique_ptr<Client>> Client::connect(const std::string& address, const ClientOptions& options) {
  COPPICE_TRY_ASSIGN(parsed, wire::parse_address(address));
  COPPICE_TRY_ASSIGN(loop, EventLoop::of_this_thread());
  COPPICE_TRY_ASSIGN(connection,
                     Connection::open(*loop, parsed, options.connect_timeout_ms * kj::MILLISECONDS));
  return std::unique_ptr<Client>(new Client(
      std::make_unique<State>(std::move(loop), std::move(connection), wire::to_string(parsed), options)));
}

Client::Client(std::unique_ptr<State> state) : state_(std::move(state)) {}

Client::~Client() = default;

// Reads -----------------------------------------------------------------------------------------------------

Result<std::optional<Bytes>> Client::get(ByteView key, const SnapshotHandle& snapshot) {
  COPPICE_TRY(check_key(key));
  return state_->guard<std::optional<Bytes>>([&]() {
    auto request = get_request(state_->reader(snapshot), key);
    return read_value(state_->ask_in_time(request).getValue());
  });
}

Result<Versioned> Client::get_versioned(ByteView key, const SnapshotHandle& snapshot) {
  COPPICE_TRY(check_key(key));
  return state_->guard<Versioned>([&]() {
    auto request = get_request(state_->reader(snapshot), key);
    const auto answer = state_->ask_in_time(request);
    return Versioned{read_value(answer.getValue()), Timestamp{answer.getVersion()}};
  });
}

Result<std::vector<std::optional<Bytes>>> Client::get_many(std::span<const Bytes> keys,
                                                           const SnapshotHandle& snapshot) {
  size_t words = 8;
  for (const Bytes& key : keys) {
    COPPICE_TRY(check_key(key));
    words += 1 + words_for(key.size());
  }
  return state_->guard<std::vector<std::optional<Bytes>>>([&]() {
    auto request = state_->reader(snapshot).getManyRequest(capnp::MessageSize{words, 0});
    auto list = request.initKeys(static_cast<capnp::uint>(keys.size()));
    for (size_t i = 0; i < keys.size(); ++i) list.set(static_cast<capnp::uint>(i), as_data(keys[i]));
    const auto answer = state_->ask_in_time(request);
    std::vector<std::optional<Bytes>> values;
    values.reserve(keys.size());
    for (auto value : answer.getValues()) values.push_back(read_value(value));
    return values;
  });
}

Result<uint64_t> Client::scan(const ScanOptions& options, const TakePage& take) {
  if (options.range.empty()) return 0;
  auto progress = std::make_shared<ScanProgress>();
  progress->take = &take;
  KJ_DEFER(progress->take = nullptr);
  return state_->guard<uint64_t>([&]() {
    auto enough = kj::newPromiseAndFulfiller<void>();
    progress->enough = kj::mv(enough.fulfiller);
    auto request = state_->reader(options.snapshot).scanRequest();
    wire::set_range(request.initRange(), options.range);
    request.setReverse(options.reverse);
    request.setLimit(options.limit);
    request.setKeysOnly(options.keys_only);
    request.setSink(kj::heap<ClientPageSink>(progress));
    // When the program has had enough, the call is dropped, which ends the scan at the node.
    state_->loop->wait(request.send().ignoreResult().exclusiveJoin(kj::mv(enough.promise)));
    return progress->count;
  });
}

// Writes ----------------------------------------------------------------------------------------------------

Result<Timestamp> Client::put(ByteView key, ByteView value, Durability durability) {
  COPPICE_TRY(check_key(key));
  COPPICE_TRY(check_value(value));
  return state_->guard<Timestamp>([&]() {
    auto request = state_->store().putRequest(
        capnp::MessageSize{words_for(key.size()) + words_for(value.size()) + 12, 0});
    auto entry = request.initEntry();
    entry.setKey(as_data(key));
    entry.setValue(as_data(value));
    request.setDurability(wire::to_message(durability));
    return Timestamp{state_->ask_in_time(request).getTimestamp()};
  });
}

Result<Timestamp> Client::put_for(ByteView key, ByteView value, uint64_t ttl_ms, Durability durability) {
  Batch batch;
  COPPICE_TRY(batch.put_for(key, value, ttl_ms));
  return write(batch, durability);
}

Result<Timestamp> Client::remove(ByteView key, Durability durability) {
  COPPICE_TRY(check_key(key));
  return state_->guard<Timestamp>([&]() {
    auto request = state_->store().deleteRequest(capnp::MessageSize{words_for(key.size()) + 10, 0});
    request.setKey(as_data(key));
    request.setDurability(wire::to_message(durability));
    return Timestamp{state_->ask_in_time(request).getTimestamp()};
  });
}

Result<Timestamp> Client::delete_range(const KeyRange& range, Durability durability) {
  Batch batch;
  COPPICE_TRY(batch.delete_range(range));
  return write(batch, durability);
}

Result<Timestamp> Client::write(const Batch& batch, Durability durability) {
  return state_->guard<Timestamp>([&]() {
    auto request = write_request(state_->store(), batch, durability);
    return Timestamp{state_->ask_in_time(request).getTimestamp()};
  });
}

Result<Timestamp> Client::merge(ByteView key, Operator op, ByteView operand, Durability durability) {
  Batch batch;
  COPPICE_TRY(batch.merge(key, op, operand));
  return write(batch, durability);
}

Result<WriteOutcome> Client::write_if(std::span<const Condition> conditions, const Batch& batch,
                                      Durability durability) {
  uint64_t words = write_size(batch).wordCount + 8;
  for (const Condition& condition : conditions) {
    COPPICE_TRY(check_key(condition.key));
    words += 2 + words_for(condition.key.size());
  }
  return state_->guard<WriteOutcome>([&]() {
    auto request = state_->store().writeIfRequest(capnp::MessageSize{words, 0});
    auto list = request.initConditions(static_cast<capnp::uint>(conditions.size()));
    for (size_t i = 0; i < conditions.size(); ++i) {
      auto condition = list[static_cast<capnp::uint>(i)];
      condition.setKey(as_data(conditions[i].key));
      condition.setVersion(conditions[i].version.raw);
    }
    set_operations(batch, request.initOperations(static_cast<capnp::uint>(batch.count())));
    request.setDurability(wire::to_message(durability));
    const auto answer = state_->ask_in_time(request);
    WriteOutcome outcome;
    if (answer.getWritten()) {
      outcome.commit = Timestamp{answer.getTimestamp()};
    } else {
      outcome.failed = answer.getFailed();
      outcome.version = Timestamp{answer.getVersion()};
    }
    return outcome;
  });
}

Result<SnapshotHandle> Client::snapshot() {
  return state_->guard<SnapshotHandle>([&]() {
    auto request = state_->store().snapshotRequest();
    return state_->hold(state_->ask_in_time(request).getSnapshot());
  });
}

Result<SnapshotHandle> Client::snapshot_at(Timestamp moment) {
  return state_->guard<SnapshotHandle>([&]() {
    auto request = state_->store().snapshotAtRequest();
    request.setTimestamp(moment.raw);
    return state_->hold(state_->ask_in_time(request).getSnapshot());
  });
}

// Calls with a window ---------------------------------------------------------------------------------------

Status Client::write_async(const Batch& batch, Durability durability, Done<Timestamp> done) {
  state_->wait_for_room(batch.size());
  return state_
      ->guard<bool>([&]() {
        auto request = state_->store().writeRequest(write_size(batch));
        set_operations(batch, request.initOperations(static_cast<capnp::uint>(batch.count())));
        request.setDurability(wire::to_message(durability));
        auto answer = state_->send_in_time(request).then(
            [](auto&& results) { return Timestamp{results.getTimestamp()}; });
        state_->keep<Timestamp>(kj::mv(answer), batch.size(), std::move(done));
        return true;
      })
      .status();
}

Status Client::get_async(ByteView key, const SnapshotHandle& snapshot, Done<std::optional<Bytes>> done) {
  COPPICE_TRY(check_key(key));
  state_->wait_for_room(key.size());
  return state_
      ->guard<bool>([&]() {
        auto request = state_->reader(snapshot).getRequest(capnp::MessageSize{words_for(key.size()) + 8, 0});
        request.setKey(as_data(key));
        auto answer =
            state_->send_in_time(request).then([](auto&& results) { return read_value(results.getValue()); });
        state_->keep<std::optional<Bytes>>(kj::mv(answer), key.size(), std::move(done));
        return true;
      })
      .status();
}

Status Client::wait() {
  while (state_->calls > 0) state_->wait_for_answer();
  return state_->broken;
}

bool Client::connected() const { return state_->broken.ok(); }

size_t Client::calls_under_way() const { return state_->calls; }

// Care ------------------------------------------------------------------------------------------------------

Result<Stats> Client::stats() {
  return state_->guard<Stats>([&]() {
    auto request = state_->admin().statsRequest();
    return read_stats(state_->ask_in_time(request).getStats());
  });
}

Result<Events> Client::events(uint64_t since, uint32_t limit) {
  return state_->guard<Events>([&]() {
    auto request = state_->admin().eventsRequest();
    request.setSince(since);
    request.setLimit(limit);
    return read_events(state_->ask_in_time(request));
  });
}

Status Client::flush(const KeyRange& range) {
  if (range.empty()) return success();
  return state_
      ->guard<bool>([&]() {
        auto request = state_->admin().flushRequest();
        wire::set_range(request.initRange(), range);
        (void)state_->ask(request);
        return true;
      })
      .status();
}

Status Client::compact(const KeyRange& range, const WatchMerge& watch) {
  if (range.empty()) return success();
  auto watched = std::make_shared<WatchedMerge>();
  watched->watch = watch ? &watch : nullptr;
  KJ_DEFER(watched->watch = nullptr);
  const auto ended = state_->guard<bool>([&]() {
    auto enough = kj::newPromiseAndFulfiller<void>();
    watched->enough = kj::mv(enough.fulfiller);
    auto request = state_->admin().compactRequest();
    wire::set_range(request.initRange(), range);
    if (watch) request.setWatcher(kj::heap<ClientMergeWatcher>(*state_->loop, watched));
    // When the program has had enough, the call is dropped, which ends the merge at the node.
    state_->loop->wait(request.send().ignoreResult().exclusiveJoin(kj::mv(enough.promise)));
    return true;
  });
  if (ended.ok() && watched->refused)
    return Error{Errc::cancelled, "the merge was ended: what was merged stays so"};
  return ended.status();
}

Status Client::set_merging(Merging merging) {
  return state_
      ->guard<bool>([&]() {
        auto request = state_->admin().setMergingRequest();
        request.setMerging(to_message(merging));
        (void)state_->ask(request);
        return true;
      })
      .status();
}

Status Client::cancel_merge(uint64_t id) {
  return state_
      ->guard<bool>([&]() {
        auto request = state_->admin().cancelMergeRequest();
        request.setId(id);
        (void)state_->ask(request);
        return true;
      })
      .status();
}

Result<VerifyReport> Client::verify(const KeyRange& range) {
  if (range.empty()) return VerifyReport();
  return state_->guard<VerifyReport>([&]() {
    auto request = state_->admin().verifyRequest();
    wire::set_range(request.initRange(), range);
    return read_report(state_->ask(request).getReport());
  });
}

Result<SplitShards> Client::split(ByteView key) {
  COPPICE_TRY(check_key(key));
  return state_->guard<SplitShards>([&]() {
    auto request = state_->admin().splitRequest();
    request.setKey(as_data(key));
    const auto results = state_->ask(request);
    return SplitShards{results.getLeft(), results.getRight()};
  });
}

Result<Checkpoint> Client::checkpoint(const std::string& name) {
  return state_->guard<Checkpoint>([&]() {
    auto request = state_->admin().checkpointRequest();
    request.setName(name);
    const auto results = state_->ask(request);
    return Checkpoint{results.getDirectory().cStr(), Timestamp{results.getTimestamp()}};
  });
}

Result<Ingested> Client::ingest(std::span<const std::string> files) {
  return state_->guard<Ingested>([&]() {
    auto request = state_->admin().ingestRequest();
    auto paths = request.initFiles(static_cast<unsigned>(files.size()));
    for (unsigned index = 0; index < paths.size(); ++index) paths.set(index, files[index]);
    const auto results = state_->ask(request);
    return Ingested{Timestamp{results.getTimestamp()}, results.getEntries(), results.getBytes()};
  });
}

}  // namespace coppice::client
