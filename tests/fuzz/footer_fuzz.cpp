// The footers of tables and of value files: what is taken is written again as it was, and names only what lies in the file.
#include "engine/values/value_format.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/fuzz/mended.hpp"

namespace coppice::engine {
namespace {

void read_table_footer(const Bytes& file) {
  if (file.size() < kFooterSizeLeast) return;
  const ByteView end = ByteView(file).substr(file.size() - std::min(file.size(), kFooterSize));
  const auto footer = decode_footer(end, file.size());
  if (!footer.ok()) return;
  const size_t size = footer_size(footer->version);
  COPPICE_CHECK(encode_footer(*footer) == end.substr(end.size() - size));
  for (const BlockHandle& handle :
       {footer->root, footer->filter, footer->range_deletes, footer->properties, footer->dictionary}) {
    if (handle.absent()) continue;
    COPPICE_CHECK(handle.offset + handle.size + kBlockTrailerSize <= file.size() - size);
  }
}

void read_value_footer(const Bytes& file) {
  if (file.size() < kValueFooterSize) return;
  const ByteView end = ByteView(file).substr(file.size() - kValueFooterSize);
  const auto footer = decode_value_footer(end);
  if (footer.ok()) COPPICE_CHECK(encode_value_footer(*footer) == end);
}

}  // namespace
}  // namespace coppice::engine

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace coppice::engine;
  coppice::Bytes file(Input(data, size).rest());
  read_table_footer(file);
  read_value_footer(file);
  coppice::Bytes values = file;
  mend_table_footer(file);
  read_table_footer(file);
  mend_values(values, {});
  read_value_footer(values);
  return 0;
}
