// A line that `load` reads: what parse_record() takes, append_record() writes so that it is read the same again.
#include "cluster/text/record.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace coppice::cluster;
  if (size == 0) return 0;
  const auto encoding = static_cast<Encoding>(data[0] % 3);
  const std::string_view line(reinterpret_cast<const char*>(data + 1), size - 1);
  const auto record = parse_record(line, encoding);
  // A raw line is cut at its end before it is parsed, so that one with a line end in it has no reverse.
  if (!record.ok() || line.find('\n') != line.npos) return 0;
  coppice::Bytes text;
  COPPICE_CHECK(append_record(text, record->key, record->value, encoding).ok());
  const auto again = parse_record(std::string_view(text).substr(0, text.size() - 1), encoding);
  COPPICE_CHECK(again.ok());
  COPPICE_CHECK(again->key == record->key);
  COPPICE_CHECK(again->value == record->value);
  return 0;
}
