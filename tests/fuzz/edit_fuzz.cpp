// decode_edit on any bytes: what is taken is written so that it is read the same again, and is no larger than the bytes allow.
#include "engine/version/manifest_state.hpp"
#include "tests/fuzz/input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace coppice::engine;
  const auto edit = decode_edit(Input(data, size).rest());
  if (!edit.ok()) return 0;
  size_t parts = edit->removed.size() + edit->added.size() + edit->value_files.size() +
                 edit->logs_begun.size() + edit->logs_closed.size() + edit->logs_retired.size();
  for (const VersionEdit::Added& added : edit->added)
    parts += added.table.cleared.size() + added.table.values.all().size();
  COPPICE_CHECK(parts <= 64 + size);
  const auto again = decode_edit(encode_edit(*edit));
  COPPICE_CHECK(again.ok());
  COPPICE_CHECK(*again == *edit);
  return 0;
}
