#include "cluster/client/page_sink.hpp"

#include "cluster/wire/convert.hpp"

namespace coppice::client {

kj::Promise<void> ClientPageSink::page(PageContext context) {
  if (progress_->take == nullptr) return kj::READY_NOW;
  const auto entries = context.getParams().getEntries();
  std::vector<EntryView> page;
  page.reserve(entries.size());
  for (auto entry : entries) page.push_back({wire::as_view(entry.getKey()), wire::as_view(entry.getValue())});

  progress_->count += page.size();
  if (!(*progress_->take)(page)) {
    progress_->take = nullptr;
    progress_->enough->fulfill();
  }
  return kj::READY_NOW;
}

}  // namespace coppice::client
