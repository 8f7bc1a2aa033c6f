// The arguments of a call, as a connection brings them: any message is read to a request within its limits, or refused.
#include <array>
#include <cstring>

#include <capnp/serialize.h>
#include <kj/exception.h>

#include "cluster/service/requests.hpp"
#include "cluster/wire/convert.hpp"
#include "cluster/wire/framing.hpp"

namespace coppice::cluster {
namespace {

/// By a clock that stands.
uint64_t expiry_after(uint64_t ttl_ms) { return ttl_ms; }

void check(const Result<engine::Batch>& batch) {
  if (!batch.ok()) return;
  const auto decoded = engine::Batch::decode(Bytes(batch->bytes()));
  COPPICE_CHECK(decoded.ok());
  COPPICE_CHECK(decoded->count() == batch->count());
}

void read_write(capnp::MessageReader& message) {
  const auto params = message.getRoot<schema::Store::WriteIfParams>();
  const auto conditions = read_conditions(params.getConditions());
  COPPICE_CHECK(!conditions.ok() || conditions->size() <= actors::kConditionsMax);
  check(read_operations(expiry_after, params.getOperations()));
  (void)wire::read_durability(params.getDurability()).ok();
}
void read_one_put(capnp::MessageReader& message) {
  check(read_put(message.getRoot<schema::Store::PutParams>().getEntry()));
}
void read_one_put_for(capnp::MessageReader& message) {
  check(read_put_for(expiry_after, message.getRoot<schema::Store::PutForParams>().getEntry()));
}
void read_one_delete(capnp::MessageReader& message) {
  check(read_delete(message.getRoot<schema::Store::DeleteParams>().getKey()));
}
void read_one_range(capnp::MessageReader& message) {
  check(read_delete_range(message.getRoot<schema::Store::DeleteRangeParams>().getRange()));
}
void read_many(capnp::MessageReader& message) {
  const auto keys = read_keys(message.getRoot<schema::Reader::GetManyParams>().getKeys());
  if (!keys.ok()) return;
  for (const Bytes& key : *keys) COPPICE_CHECK(check_key(key).ok());
}
void read_one_scan(capnp::MessageReader& message) {
  const auto scan = read_scan(message.getRoot<schema::Reader::ScanParams>());
  if (!scan.ok()) return;
  COPPICE_CHECK(scan->range.begin.size() <= kKeySizeMax);
  COPPICE_CHECK(!scan->range.end || !scan->range.end->empty());
}

}  // namespace
}  // namespace coppice::cluster

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace coppice::cluster;
  const auto bytes = kj::arrayPtr(data, size);
  const auto sizes = coppice::wire::read_sizes(bytes);
  if (!sizes.ok() || sizes->message == 0 || sizes->message > size) return 0;
  for (void (*const read)(capnp::MessageReader&) :
       {read_write, read_one_put, read_one_put_for, read_one_delete, read_one_range, read_many,
        read_one_scan}) {
    coppice::wire::ReceivedMessage message(coppice::wire::reader_options(), bytes);
    const auto body = bytes.slice(sizes->head, sizes->message);
    if (body.size() > 0) std::memcpy(message.body().begin(), body.begin(), body.size());
    // A malformed message throws, and the connection tells its peer.
    (void)kj::runCatchingExceptions([&] { read(message); });
  }
  return 0;
}
