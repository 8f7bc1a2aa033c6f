#include "cluster/service/reader_service.hpp"

#include "cluster/service/answers.hpp"
#include "cluster/service/guard.hpp"
#include "cluster/service/requests.hpp"
#include "cluster/service/scan_stream.hpp"
#include "cluster/wire/convert.hpp"

namespace coppice::cluster {

using Value = std::optional<Bytes>;

kj::Promise<void> ReaderService::get(GetContext context) {
  return guard_request([&]() -> kj::Promise<void> {
    const auto key = read_key(context.getParams().getKey());
    if (!key.ok()) return wire::to_exception(key.error());
    return session().call<engine::Versioned>(
        context, [&](auto done) { store().get_versioned(*key, snapshot_, std::move(done)); },
        [context, this](Result<engine::Versioned> found) mutable -> kj::Promise<void> {
          if (!found.ok()) return wire::to_exception(found.error());
          if (auto full = session().check_answers(); !full.ok()) return wire::to_exception(full.error());
          const uint64_t words = found->value ? wire::words_for(found->value->size()) : 0;
          auto results = context.getResults(capnp::MessageSize{words + 8, 0});
          set_value(results.initValue(), found->value);
          results.setVersion(found->version.raw);
          return kj::READY_NOW;
        });
  });
}

kj::Promise<void> ReaderService::getMany(GetManyContext context) {
  return guard_request([&]() -> kj::Promise<void> {
    auto keys = read_keys(context.getParams().getKeys());
    if (!keys.ok()) return wire::to_exception(keys.error());
    context.releaseParams();
    return session().call<std::vector<Value>>(
        context, [&](auto done) { store().get_many(*std::move(keys), snapshot_, std::move(done)); },
        [context, this](Result<std::vector<Value>> values) mutable -> kj::Promise<void> {
          if (!values.ok()) return wire::to_exception(values.error());
          if (auto full = session().check_answers(); !full.ok()) return wire::to_exception(full.error());
          const auto words = answer_words(*values);
          if (!words.ok()) return wire::to_exception(words.error());
          auto list = context.getResults(capnp::MessageSize{*words, 0})
                          .initValues(static_cast<capnp::uint>(values->size()));
          for (size_t i = 0; i < values->size(); ++i)
            set_value(list[static_cast<capnp::uint>(i)], (*values)[i]);
          return kj::READY_NOW;
        });
  });
}

kj::Promise<void> ReaderService::scan(ScanContext context) {
  return guard_request([&]() -> kj::Promise<void> {
    const auto params = context.getParams();
    auto options = read_scan(params);
    if (!options.ok()) return wire::to_exception(options.error());
    if (!params.hasSink())
      return wire::to_exception({Errc::invalid_argument, "the scan names no sink for its pages"});
    if (session().scans >= kScansMax)
      return wire::to_exception(
          {Errc::unavailable,
           "this connection has " + std::to_string(kScansMax) + " scans under way: wait for one to end",
           100});
    options->snapshot = snapshot_;
    auto stream = kj::heap<ScanStream>(kj::addRef(session()), params.getSink());
    context.releaseParams();
    return session().call<std::shared_ptr<actors::Scan>>(
        context, [&](auto done) { store().scan(*std::move(options), std::move(done)); },
        [context,
         stream = kj::mv(stream)](Result<std::shared_ptr<actors::Scan>> scan) mutable -> kj::Promise<void> {
          if (!scan.ok()) return wire::to_exception(scan.error());
          auto sent = stream->send_all(*std::move(scan));
          return sent.attach(kj::mv(stream)).then([context](uint64_t count) mutable {
            context.getResults(capnp::MessageSize{4, 0}).setCount(count);
          });
        });
  });
}

SnapshotService::SnapshotService(kj::Own<SessionState> session, actors::SnapshotHandle snapshot)
    : ReaderService(kj::mv(session), std::move(snapshot)) {
  ++this->session().snapshots;
}

SnapshotService::~SnapshotService() noexcept(false) { --session().snapshots; }

kj::Promise<void> SnapshotService::timestamp(TimestampContext context) {
  context.getResults(capnp::MessageSize{4, 0}).setTimestamp(snapshot_handle()->timestamp().raw);
  return kj::READY_NOW;
}

}  // namespace coppice::cluster
