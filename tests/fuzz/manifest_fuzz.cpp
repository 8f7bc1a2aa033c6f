// A MANIFEST whose frame is whole and whose edits are any: what is taken makes a state that, written anew, is read the same.
#include <array>

#include "engine/io/file_names.hpp"
#include "engine/version/manifest.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/support/memory_file_system.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace coppice::engine;
  MemoryFileSystem files;
  {
    auto writer = LogWriter::begin(files, join_path("/", kManifestName), {.salt = 7});
    COPPICE_CHECK(writer.ok());
    for (Input input(data, size); !input.empty();) {
      const std::array<coppice::ByteView, 1> payload{input.piece()};
      COPPICE_CHECK(writer->add(RecordKind::edit, coppice::kTimestampMin, payload).ok());
    }
  }
  auto content = Manifest::read(files, "/");
  if (!content.ok()) {
    COPPICE_CHECK(content.error().text.find(kManifestName) != std::string::npos);
    return 0;
  }
  const VersionEdit whole = content->state.whole();
  COPPICE_CHECK(Manifest::create(files, "/", std::move(content->state), 8, {}).ok());
  const auto again = Manifest::read(files, "/");
  COPPICE_CHECK(again.ok());
  COPPICE_CHECK(again->state.whole() == whole);
  return 0;
}
