// A block's decoders on any bytes: they stay inside them, every move ends, there and back, and what they find is what
// they walk over.
#include "engine/table/block_cursor.hpp"
#include "engine/table/block_upgrade.hpp"
#include "engine/table/bloom.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace coppice::engine;
  const coppice::ByteView payload(reinterpret_cast<const char*>(data), size);
  for (const BlockKind kind : {BlockKind::data, BlockKind::page}) {
    const Block upgraded = upgrade_block(payload, kind);
    BlockView view;
    COPPICE_CHECK(upgraded.bytes == nullptr || view.open({upgraded.bytes.get(), upgraded.size}));
    COPPICE_CHECK(upgraded.size <= 17 * size);
  }
  BlockCursor cursor;
  if (!cursor.reset(payload)) return 0;
  size_t forward = 0;
  coppice::Bytes middle;
  for (const Entry* entry = cursor.seek_first(); entry != nullptr; entry = cursor.next()) {
    // An entry takes more than ten bytes.
    COPPICE_CHECK(++forward <= size);
    COPPICE_CHECK(entry->key.size() <= coppice::kKeySizeMax);
    COPPICE_CHECK(entry->value.size() <= size);
    if (forward == 3) middle = entry->key;
  }
  // A cursor that met damage once says so for good, so each walk has its own.
  BlockCursor backward;
  COPPICE_CHECK(backward.reset(payload));
  size_t steps = 0;
  for (const Entry* entry = backward.seek_last(); entry != nullptr; entry = backward.prev())
    COPPICE_CHECK(++steps <= size);
  BlockCursor seeker;
  COPPICE_CHECK(seeker.reset(payload));
  (void)seeker.seek({middle, coppice::kTimestampMax});
  (void)seeker.seek_before({middle, coppice::kTimestampMax});
  BlockView view;
  COPPICE_CHECK(view.open(payload));
  RawEntry found;
  if (view.find(middle, coppice::kTimestampMax, filter_hash(middle), found) < view.count())
    COPPICE_CHECK(found.shared + found.suffix.size() == middle.size());
  return 0;
}
