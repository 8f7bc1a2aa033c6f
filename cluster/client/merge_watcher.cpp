#include "cluster/client/merge_watcher.hpp"

#include "cluster/client/messages.hpp"

namespace coppice::client {
namespace {

constexpr kj::Duration kBetween = 200 * kj::MILLISECONDS;

}  // namespace

kj::Promise<void> ClientMergeWatcher::progress(ProgressContext context) {
  if (merge_->watch == nullptr) return kj::READY_NOW;
  if ((*merge_->watch)(read_merge(context.getParams().getMerge()))) return loop_.after(kBetween);
  merge_->watch = nullptr;
  merge_->refused = true;
  merge_->enough->fulfill();
  return kj::READY_NOW;
}

}  // namespace coppice::client
