// Sends one scan, page by page, to the sink that the client gave.
#pragma once

#include <schema/store.capnp.h>

#include "cluster/service/session_state.hpp"

namespace coppice::cluster {

/// Dropping it, or its promise, ends the scan. Threads: the connection's event loop.
class ScanStream {
public:
  /// Counts among the connection's scans from here on.
  ScanStream(kj::Own<SessionState> session, schema::PageSink::Client sink);
  ~ScanStream() noexcept(false);
  KJ_DISALLOW_COPY(ScanStream);

  /// The count of entries sent, once the sink has taken the last page. Pages before it are sent as fast as
  /// Cap'n Proto's flow control lets them go. Requires: called once.
  kj::Promise<uint64_t> send_all(std::shared_ptr<actors::Scan> scan);

private:
  kj::Promise<uint64_t> send_rest();
  kj::Promise<uint64_t> send(actors::Page page);
  kj::Promise<void> send_last(const actors::Page& page);

  kj::Own<SessionState> session_;
  schema::PageSink::Client sink_;
  std::shared_ptr<actors::Scan> scan_;
  uint64_t count_ = 0;
};

}  // namespace coppice::cluster
