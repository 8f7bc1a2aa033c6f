#include "tests/torture/stalled_client.hpp"

#include "cluster/client/client.hpp"

namespace coppice::torture {
namespace {

constexpr uint64_t kNoLimit = UINT64_MAX;

}  // namespace

const char* stall_name(Stall stall) {
  switch (stall) {
    case Stall::half_request:
      return "clients that stall in a request";
    case Stall::unread_answers:
      return "clients that take no answers";
    case Stall::unread_scan:
      return "scans that are never read";
    case Stall::idle_snapshot:
      return "snapshots that are never let go";
  }
  return "";
}

StalledClient::StalledClient(Stall stall, const std::string& address, uint64_t point) : stall_(stall) {
  if (stall == Stall::half_request)
    relay_ = std::make_unique<Relay>(address, Relay::Limits{point, kNoLimit, WireEnd::silent});
  if (stall == Stall::unread_answers)
    relay_ = std::make_unique<Relay>(address, Relay::Limits{kNoLimit, point, WireEnd::silent});
  thread_ = std::thread([this, target = relay_ == nullptr ? address : relay_->address()] { run(target); });
}

StalledClient::~StalledClient() {
  {
    const std::lock_guard lock(mutex_);
    released_ = true;
    changed_.notify_all();
  }
  if (relay_ != nullptr) relay_->cut();
  thread_.join();
}

void StalledClient::wait_for_release() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return released_; });
}

void StalledClient::run(const std::string& address) {
  // What the node answers is for others to judge; this one only holds what it was given.
  const auto client = client::Client::connect(address, {.connect_timeout_ms = 1'000, .call_timeout_ms = 0});
  if (!client.ok()) return;
  switch (stall_) {
    case Stall::half_request: {
      client::Batch batch;
      for (int i = 0; i < 20; ++i)
        if (!batch.put("f/stalled/" + std::to_string(i), Bytes(400, 's')).ok()) return;
      while ((*client)->write(batch, Durability::buffered).ok()) {
      }
      break;
    }
    case Stall::unread_answers:
      while ((*client)->connected())
        if (!(*client)->get_async("a/shared/count", nullptr, [](const Result<std::optional<Bytes>>&) {}).ok())
          break;
      (void)(*client)->wait();
      break;
    case Stall::unread_scan:
      (void)(*client)->scan({}, [this](std::span<const client::EntryView>) {
        wait_for_release();
        return false;
      });
      break;
    case Stall::idle_snapshot: {
      const auto snapshot = (*client)->snapshot();
      wait_for_release();
      break;
    }
  }
}

}  // namespace coppice::torture
