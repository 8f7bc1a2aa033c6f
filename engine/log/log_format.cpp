#include "engine/log/log_format.hpp"

#include <cstddef>
#include <type_traits>

#include "engine/base/checksum.hpp"
#include "engine/base/coding.hpp"

namespace coppice::engine {
namespace {

// "COPPLOG" and a zero.
constexpr uint64_t kMagic = 0x00474f4c50504f43;

struct FileHeader {
  uint64_t magic;
  uint32_t format_version;
  uint32_t reserved;
  uint64_t number;
  uint64_t salt;
  uint64_t checksum;  // of the bytes before it
};
static_assert(sizeof(FileHeader) == kLogHeaderSize && std::has_unique_object_representations_v<FileHeader>);

ByteView bytes_of(const auto& value) { return {reinterpret_cast<const char*>(&value), sizeof(value)}; }

uint64_t header_checksum(const FileHeader& header) {
  return checksum(bytes_of(header).substr(0, offsetof(FileHeader, checksum)), 0);
}

}  // namespace

Bytes encode_log_header(const LogHeader& header) {
  FileHeader raw{kMagic, header.format, 0, header.number, header.salt, 0};
  raw.checksum = header_checksum(raw);
  return Bytes(bytes_of(raw));
}

Result<LogHeader> decode_log_header(ByteView bytes, const std::string& name) {
  const auto damaged = [&](const char* what) {
    return Error{Errc::corruption, name + ": offset 0: " + what};
  };
  if (bytes.size() < kLogHeaderSize) return damaged("the file ends within its header");
  const auto raw = load_fixed<FileHeader>(bytes.data());
  if (raw.magic != kMagic) return damaged("this is no log or manifest of ours");
  if (raw.checksum != header_checksum(raw)) return damaged("the header's checksum does not match");
  if (raw.format_version > kLogFormatVersion)
    return Error{Errc::unsupported, name + ": has format version " + std::to_string(raw.format_version) +
                                        ", and this build reads up to " + std::to_string(kLogFormatVersion) +
                                        ": upgrade coppice to open it"};
  if (raw.format_version == 0 || raw.reserved != 0) return damaged("the header holds values never written");
  return LogHeader{raw.number, raw.salt, raw.format_version};
}

}  // namespace coppice::engine
