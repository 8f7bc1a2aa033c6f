// Batch::decode on bytes from a log or a peer: what it takes can be added again, operation by operation, to a
// batch of as many and of no more bytes (a varint may be spelled longer than it needs to be).
#include "engine/log/batch.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace coppice::engine;
  const coppice::Bytes bytes(reinterpret_cast<const char*>(data), size);
  const auto batch = Batch::decode(bytes);
  if (!batch.ok()) return 0;
  Batch again;
  for (Batch::Reader reader(*batch); auto operation = reader.next();)
    COPPICE_CHECK(again.add(*operation).ok());
  COPPICE_CHECK(again.count() == batch->count());
  COPPICE_CHECK(again.bytes().size() <= batch->bytes().size());
  const auto copy = Batch::decode(coppice::Bytes(again.bytes()));
  COPPICE_CHECK(copy.ok());
  COPPICE_CHECK(copy->bytes() == again.bytes());
  return 0;
}
