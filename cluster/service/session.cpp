#include "cluster/service/session.hpp"

#include <capnp/rpc.capnp.h>
#include <capnp/serialize.h>

#include "cluster/service/store_service.hpp"

namespace coppice::cluster {
namespace {

/// Of requests under way on one connection: past it no more are read until some are answered. Two of the
/// largest.
constexpr size_t kRequestsSizeMax = 2 * wire::kMessageSizeMax;

/// Reads what a client sent before it heard, since closing a socket with unread bytes resets it, and the client
/// might never hear.
kj::Promise<void> read_to_end(kj::AsyncInputStream& socket, kj::ArrayPtr<kj::byte> space) {
  return socket.tryRead(space.begin(), 1, space.size())
      .then([&socket, space](size_t read) -> kj::Promise<void> {
        if (read == 0) return kj::READY_NOW;
        return read_to_end(socket, space);
      });
}

}  // namespace

Session::Session(kj::Own<kj::AsyncIoStream> socket, NodeState& node, std::shared_ptr<Inbox> inbox,
                 const wire::InputLimits& limits)
    : socket_(kj::mv(socket)),
      stream_(*socket_, {limits, true}),
      state_(kj::refcounted<SessionState>(node, std::move(inbox))),
      network_(stream_, capnp::rpc::twoparty::Side::SERVER, wire::reader_options()),
      rpc_(capnp::makeRpcServer(network_, kj::heap<StoreService>(kj::addRef(*state_)))) {
  state_->set_network(network_);
  rpc_.setFlowLimit(kRequestsSizeMax / sizeof(capnp::word));
}

Session::~Session() noexcept(false) { state_->set_network(nullptr); }

void Session::stop() {
  state_->stop();
  stopping_ = state_->when_idle().then([this]() { stream_.finish_reading(); }).eagerlyEvaluate(nullptr);
}

kj::Promise<void> refuse(kj::Own<kj::AsyncIoStream> socket, kj::Timer& timer, const Error& reason) {
  const kj::Exception exception = wire::to_exception(reason);
  capnp::MallocMessageBuilder message;
  auto abort = message.initRoot<capnp::rpc::Message>().initAbort();
  abort.setReason(exception.getDescription());
  abort.setType(capnp::rpc::Exception::Type::OVERLOADED);
  auto words = capnp::messageToFlatArray(message);
  auto space = kj::heapArray<kj::byte>(4096);

  auto& stream = *socket;
  auto told =
      stream.write(words.asBytes().begin(), words.asBytes().size()).then([&stream, room = space.asPtr()]() {
        stream.shutdownWrite();
        return read_to_end(stream, room);
      });
  return told.attach(kj::mv(words), kj::mv(space), kj::mv(socket))
      .exclusiveJoin(timer.afterDelay(1 * kj::SECONDS));
}

}  // namespace coppice::cluster
