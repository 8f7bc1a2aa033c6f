#include "cluster/commands/loader.hpp"

#include <algorithm>
#include <thread>
#include <utility>

namespace coppice::cluster {
namespace {

using Clock = std::chrono::steady_clock;

/// Large enough that a call's own cost is small, small enough that much fits into the window.
constexpr size_t kPieceSize = 256 << 10;
constexpr uint32_t kFirstWaitMs = 20;
constexpr uint32_t kLongestWaitMs = 1000;

}  // namespace

Loader::Loader(std::unique_ptr<client::Client> client, Connect connect, const LoaderOptions& options)
    : connect_(std::move(connect)),
      options_(options),
      filling_(std::make_shared<Piece>()),
      kept_lines_(options.skipped_lines),
      client_(std::move(client)) {}

Status Loader::add(uint64_t line, const Record& record) {
  const size_t hash = std::hash<Bytes>()(record.key);
  // Two batches under way may overtake each other, so a key waits for its earlier line to be kept.
  if (keys_under_way_.contains(hash)) COPPICE_TRY(settle());
  const size_t size = record.key.size() + record.value.size();
  if (!filling_->batch.empty() && filling_->batch.size() + size > kPieceSize) COPPICE_TRY(send_filled());
  COPPICE_TRY(filling_->batch.put(record.key, record.value));
  filling_->key_hashes.push_back(hash);
  filling_->last_line = line;
  filling_->size += size;
  return success();
}

Status Loader::finish() {
  COPPICE_TRY(failed_);
  if (!filling_->batch.empty()) COPPICE_TRY(send_filled());
  return settle();
}

Status Loader::send_filled() {
  const auto piece = std::exchange(filling_, std::make_shared<Piece>());
  under_way_.push_back(piece);
  keys_under_way_.insert(piece->key_hashes.begin(), piece->key_hashes.end());
  const Status begun = begin(piece);
  collect();
  const auto refused = [](const auto& sent) { return sent->refused.has_value(); };
  return begun.ok() && std::ranges::none_of(under_way_, refused) ? success() : settle();
}

Status Loader::begin(const std::shared_ptr<Piece>& piece) {
  piece->refused.reset();
  Status begun = client_->write_async(piece->batch, options_.durability, [piece](Result<Timestamp> answer) {
    piece->kept = answer.ok();
    if (!answer.ok()) piece->refused = std::move(answer).error();
  });
  if (!begun.ok()) piece->refused = begun.error();
  return begun;
}

void Loader::collect() {
  while (!under_way_.empty() && under_way_.front()->kept) {
    const Piece& piece = *under_way_.front();
    kept_lines_ = piece.last_line;
    kept_records_ += piece.batch.count();
    kept_size_ += piece.size;
    for (size_t hash : piece.key_hashes) keys_under_way_.erase(hash);
    under_way_.pop_front();
  }
}

Status Loader::settle() {
  auto give_up_at = Clock::now() + options_.patience;
  uint32_t wait_ms = kFirstWaitMs;
  while (true) {
    const uint64_t kept_before = kept_lines_;
    const Status connection = client_ == nullptr ? absent_ : client_->wait();
    collect();
    if (under_way_.empty()) return success();
    const Error failure = connection.ok() ? first_refusal() : connection.error();
    const bool again = connection.ok() ? failure.code == Errc::unavailable : options_.reconnect;
    if (!again) return failed_ = failure;
    if (kept_lines_ > kept_before) {
      give_up_at = Clock::now() + options_.patience;
      wait_ms = kFirstWaitMs;
    }
    if (Clock::now() >= give_up_at) return failed_ = failure;
    std::this_thread::sleep_for(std::chrono::milliseconds(std::max(wait_ms, failure.retry_after_ms)));
    wait_ms = std::min(wait_ms * 2, kLongestWaitMs);
    if (!connection.ok()) reconnect();
    if (client_ != nullptr) begin_again();
  }
}

Error Loader::first_refusal() const {
  for (const auto& piece : under_way_)
    if (piece->refused) return *piece->refused;
  return {Errc::unavailable, "the node did not answer"};
}

void Loader::reconnect() {
  client_.reset();
  auto client = connect_();
  if (client.ok()) {
    client_ = std::move(client).value();
  } else {
    absent_ = client.status();
  }
}

void Loader::begin_again() {
  for (const auto& piece : under_way_)
    // A failure shows when its answer is waited for.
    if (!piece->kept && !begin(piece).ok()) return;
}

}  // namespace coppice::cluster
