// A value file of any bytes, asked for any place in it: a value that lies in it, or an error that names it.
#include "engine/mend/table_summary.hpp"
#include "engine/values/value_file.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/fuzz/mended.hpp"
#include "tests/support/memory_file_system.hpp"

namespace coppice::engine {
namespace {

constexpr const char* kPath = "/000014.val";

void read(const Bytes& content, const BlockHandle& place) {
  MemoryFileSystem files;
  COPPICE_CHECK(files.create(kPath).ok());
  files.set_content(kPath, content);
  const auto meta = read_value_summary(files, kPath, 14);
  if (!meta.ok()) {
    COPPICE_CHECK(meta.error().text.find(kPath) != std::string::npos);
    return;
  }
  BlockCache cache(1 << 20);
  const ValueFile file(files, kPath, *meta, cache);
  BlockBuffer buffer;
  const auto value = file.read(place, {}, buffer);
  if (!value.ok()) {
    COPPICE_CHECK(value.error().text.find(kPath) != std::string::npos);
    return;
  }
  COPPICE_CHECK(!value->bytes.empty() && value->bytes.size() <= kPayloadSizeMax);
  const Bytes first(value->bytes);
  // Whether or not the cache has it now.
  const auto again = file.read(place, {}, buffer);
  COPPICE_CHECK(again.ok() && again->bytes == first);
}

}  // namespace
}  // namespace coppice::engine

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace coppice::engine;
  Input input(data, size);
  const uint16_t offset = input.word();
  const BlockHandle place{offset, input.word()};
  coppice::Bytes content(input.rest());
  read(content, place);
  mend_values(content, place);
  read(content, place);
  return 0;
}
