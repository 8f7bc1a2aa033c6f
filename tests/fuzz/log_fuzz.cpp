// A log file of any bytes, and once more with checksums that are right: LogReader gives records that lie in the file, or says what is
// wrong.
#include "engine/log/batch.hpp"
#include "engine/log/log_reader.hpp"
#include "tests/fuzz/mended.hpp"
#include "tests/support/memory_file_system.hpp"

namespace coppice::engine {
namespace {

void read(const Bytes& content) {
  MemoryFileSystem files;
  COPPICE_CHECK(files.create("/log").ok());
  files.set_content("/log", content);
  auto reader = LogReader::open(files, "/log", 7);
  if (!reader.ok()) return;
  uint64_t payloads = 0;
  while (true) {
    const auto record = reader->next();
    if (!record.ok()) {
      COPPICE_CHECK(record.error().text.find("/log") != std::string::npos);
      return;
    }
    if (!*record) break;
    payloads += (*record)->payload.size();
    (void)Batch::decode(Bytes((*record)->payload)).ok();
  }
  COPPICE_CHECK(payloads <= content.size());
  COPPICE_CHECK(reader->end_offset() <= content.size());
}

}  // namespace
}  // namespace coppice::engine

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace coppice::engine;
  read_twice(data, size, mend_log, read);
  return 0;
}
