#include "cluster/client/connection.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "cluster/wire/errors.hpp"
#include "cluster/wire/framing.hpp"

namespace coppice::client {
namespace {

schema::Store::Client bootstrap(capnp::RpcSystem<capnp::rpc::twoparty::VatId>& rpc) {
  capnp::MallocMessageBuilder message(4);
  auto vat = message.initRoot<capnp::rpc::twoparty::VatId>();
  vat.setSide(capnp::rpc::twoparty::Side::SERVER);
  return rpc.bootstrap(vat).castAs<schema::Store>();
}

void set_option(kj::AsyncIoStream& socket, int level, int option, int value) {
  socket.setsockopt(level, option, &value, sizeof(value));
}

/// Small requests go out at once, and a host that died is noticed while its answer is waited for.
void set_options(kj::AsyncIoStream& socket) {
  set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(socket, IPPROTO_TCP, TCP_KEEPIDLE, 10);
  set_option(socket, IPPROTO_TCP, TCP_KEEPINTVL, 5);
  set_option(socket, IPPROTO_TCP, TCP_KEEPCNT, 3);
}

Error no_answer() { return {Errc::unavailable, "no answer in time"}; }

std::string text_of(const kj::Exception& error) { return error.getDescription().cStr(); }

}  // namespace

Connection::Connection(kj::Own<kj::AsyncIoStream> socket)
    : socket_(kj::mv(socket)),
      stream_(*socket_),
      network_(stream_, capnp::rpc::twoparty::Side::CLIENT, wire::reader_options()),
      rpc_(capnp::makeRpcClient(network_)),
      store_(bootstrap(rpc_)),
      admin_(store_.adminRequest().send().getAdmin()) {}

Result<std::unique_ptr<Connection>> Connection::open(EventLoop& loop, const wire::Address& address,
                                                     kj::Duration time_max) {
  const std::string name = wire::to_string(address);
  kj::Own<kj::AsyncIoStream> socket;
  try {
    auto connected = loop.network().parseAddress(kj::StringPtr(name.c_str())).then([](auto found) {
      auto connecting = found->connect();
      return connecting.attach(kj::mv(found));
    });
    socket = loop.wait(loop.within(time_max, kj::mv(connected), no_answer));
    set_options(*socket);
  } catch (const kj::Exception& error) {
    return Error{Errc::unavailable, "cannot connect to " + name + " (" + text_of(error) +
                                        "): see that the address is right and a node serves there"};
  }

  auto connection = std::make_unique<Connection>(kj::mv(socket));
  try {
    loop.wait(loop.within(time_max, connection->admin_.whenResolved(), no_answer));
    return connection;
  } catch (const kj::Exception& error) {
    // A node at its limit says so; a stranger, or a node that hangs, does not.
    const auto told = wire::find_error(error);
    if (told && told->code == Errc::unavailable && told->text != no_answer().text)
      return Error(*told).within(name);
    return Error{Errc::unavailable, name + " does not answer as a Coppice node (" + text_of(error) +
                                        "): see that the address is right and the node is well"};
  }
}

}  // namespace coppice::client
