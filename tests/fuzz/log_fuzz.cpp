// A log file of any bytes: LogReader gives records that lie in the file, or says what is wrong.
#include "engine/log/batch.hpp"
#include "engine/log/log_reader.hpp"
#include "tests/support/memory_file_system.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace coppice::engine;
  MemoryFileSystem files;
  COPPICE_CHECK(files.create("/log").ok());
  files.set_content("/log", {reinterpret_cast<const char*>(data), size});
  auto reader = LogReader::open(files, "/log", 7);
  if (!reader.ok()) return 0;
  uint64_t payloads = 0;
  while (true) {
    const auto record = reader->next();
    if (!record.ok()) {
      COPPICE_CHECK(record.error().text.find("/log") != std::string::npos);
      return 0;
    }
    if (!*record) break;
    payloads += (*record)->payload.size();
    (void)Batch::decode(coppice::Bytes((*record)->payload)).ok();
  }
  COPPICE_CHECK(payloads <= size);
  COPPICE_CHECK(reader->end_offset() <= size);
  return 0;
}
