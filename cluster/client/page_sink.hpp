// Takes the pages of one scan and gives them to the program.
#pragma once

#include <schema/store.capnp.h>

#include "cluster/client/client.hpp"

namespace coppice::client {

/// What the sink, which the RPC system owns, shares with the call that waits for the scan.
struct ScanProgress {
  /// Nothing once the scan has ended: a page may arrive after that.
  const TakePage* take = nullptr;
  uint64_t count = 0;
  /// Kept when the program has had enough.
  kj::Own<kj::PromiseFulfiller<void>> enough;
};

class ClientPageSink final : public schema::PageSink::Server {
public:
  explicit ClientPageSink(std::shared_ptr<ScanProgress> progress) : progress_(std::move(progress)) {}

protected:
  kj::Promise<void> page(PageContext context) override;

private:
  std::shared_ptr<ScanProgress> progress_;
};

}  // namespace coppice::client
