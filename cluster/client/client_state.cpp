#include "cluster/client/client_state.hpp"

namespace coppice::client {
namespace {

// What is sent at one time: enough for few calls into the kernel, little enough that the node begins early.
constexpr size_t kSendCalls = 32;
constexpr size_t kSendSize = 128 << 10;

}  // namespace

ClientSnapshot::ClientSnapshot(std::shared_ptr<EventLoop> loop, schema::Snapshot::Client snapshot,
                               Timestamp timestamp)
    : loop_(std::move(loop)), snapshot_(kj::mv(snapshot)), timestamp_(timestamp) {}

ClientSnapshot::~ClientSnapshot() noexcept {
  snapshot_ = nullptr;
  loop_->pump();
}

Client::State::State(std::shared_ptr<EventLoop> event_loop, std::unique_ptr<Connection> to,
                     std::string address, const ClientOptions& client_options)
    : loop(std::move(event_loop)),
      connection(std::move(to)),
      peer(std::move(address)),
      options(client_options),
      tasks(*this) {}

schema::Reader::Client Client::State::reader(const SnapshotHandle& snapshot) {
  if (snapshot == nullptr) return store();
  return static_cast<const ClientSnapshot&>(*snapshot).reader();
}

void Client::State::wait_for_room(size_t size) {
  const auto full = [&]() {
    return calls >= options.window_calls || calls_size + size > options.window_size;
  };
  while (calls > 0 && full()) wait_for_answer();
}

void Client::State::wait_for_answer() {
  auto answered = kj::newPromiseAndFulfiller<void>();
  one_answered = kj::mv(answered.fulfiller);
  loop->wait(kj::mv(answered.promise));
}

void Client::State::send_some(size_t size) {
  ++unsent_calls;
  unsent_size += size;
  if (unsent_calls < kSendCalls && unsent_size < kSendSize) return;
  unsent_calls = unsent_size = 0;
  loop->pump();
}

SnapshotHandle Client::State::hold(schema::Snapshot::Client snapshot) {
  auto request = snapshot.timestampRequest();
  const Timestamp timestamp{ask_in_time(request).getTimestamp()};
  return std::make_shared<const ClientSnapshot>(loop, kj::mv(snapshot), timestamp);
}

Error Client::State::as_error(const kj::Exception& exception) {
  Error error = wire::from_exception(exception, peer);
  if (exception.getType() == kj::Exception::Type::DISCONNECTED) broken = error;
  return error;
}

}  // namespace coppice::client
