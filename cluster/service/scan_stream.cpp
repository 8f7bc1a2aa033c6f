#include "cluster/service/scan_stream.hpp"

#include "cluster/service/answers.hpp"

namespace coppice::cluster {
namespace {

using capnp::AnyPointer;
using capnp::uint;

/// A page as a call that is answered when the sink has taken it, which a streaming request does not tell.
capnp::Request<AnyPointer, AnyPointer> answered_page_request(schema::PageSink::Client& sink,
                                                             capnp::MessageSize size) {
  constexpr uint16_t kPageMethod = 0;
#if CAPNP_VERSION < 1000000
  return sink.typelessRequest(capnp::typeId<schema::PageSink>(), kPageMethod, size);
#else
  return sink.typelessRequest(capnp::typeId<schema::PageSink>(), kPageMethod, size, {});
#endif
}

}  // namespace

ScanStream::ScanStream(kj::Own<SessionState> session, schema::PageSink::Client sink)
    : session_(kj::mv(session)), sink_(kj::mv(sink)) {
  ++session_->scans;
}

ScanStream::~ScanStream() noexcept(false) { --session_->scans; }

kj::Promise<uint64_t> ScanStream::send_all(std::shared_ptr<actors::Scan> scan) {
  scan_ = std::move(scan);
  return send_rest();
}

kj::Promise<uint64_t> ScanStream::send_rest() {
  return await_answer<actors::Page>(
      session_->inbox(),
      [&](auto done) {
        // The scan stays until its answer has come, whatever becomes of this stream.
        scan_->next(
            [scan = scan_, done = std::move(done)](Result<actors::Page> page) { done(std::move(page)); });
      },
      [this](Result<actors::Page> page) -> kj::Promise<uint64_t> {
        if (!page.ok()) return wire::to_exception(page.error());
        return send(*std::move(page));
      });
}

kj::Promise<uint64_t> ScanStream::send(actors::Page page) {
  count_ += page.count();
  if (page.last) return send_last(page).then([this]() { return count_; });

  auto request = sink_.pageRequest(page_size(page));
  set_entries(request.initEntries(static_cast<uint>(page.count())), page);
  return request.send().then([this]() { return send_rest(); });
}

/// The answer to the last page also tells that those before it were taken, since calls arrive in order.
kj::Promise<void> ScanStream::send_last(const actors::Page& page) {
  if (count_ == 0) return kj::READY_NOW;
  auto request = answered_page_request(sink_, page_size(page));
  auto params = request.initAs<schema::PageSink::PageParams>();
  set_entries(params.initEntries(static_cast<uint>(page.count())), page);
  return request.send().ignoreResult();
}

}  // namespace coppice::cluster
