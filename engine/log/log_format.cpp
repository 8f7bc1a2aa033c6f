#include "engine/log/log_format.hpp"

#include <algorithm>
#include <type_traits>

#include "engine/base/checksum.hpp"
#include "engine/base/coding.hpp"

namespace coppice::engine {
namespace {

// "COPPLOG" and a zero.
constexpr uint64_t kMagic = 0x00474f4c50504f43;

// Bit 0 of the flags: payloads are encrypted, and a SealPart follows.
constexpr uint32_t kEncrypted = 1;
constexpr uint32_t kFlagsSince = 3;

struct FileHeader {
  uint64_t magic;
  uint32_t format_version;
  uint32_t flags;
  uint64_t number;
  uint64_t salt;
};
struct SealPart {
  uint64_t key_id;
  char salt[kFileSaltSize];
};
// The checksum of all before it is the last part.
constexpr size_t kSumSize = sizeof(uint64_t);
static_assert(sizeof(FileHeader) + kSumSize == kLogHeaderSize &&
              std::has_unique_object_representations_v<FileHeader>);
static_assert(sizeof(FileHeader) + sizeof(SealPart) + kSumSize == kSealedLogHeaderSize &&
              std::has_unique_object_representations_v<SealPart>);

ByteView bytes_of(const auto& value) { return {reinterpret_cast<const char*>(&value), sizeof(value)}; }

}  // namespace

Bytes encode_log_header(const LogHeader& header) {
  const Seal& seal = header.sealing.seal;
  const bool encrypted = seal.key_id != 0;
  COPPICE_CHECK(!encrypted || header.format >= kFlagsSince);
  Bytes bytes(
      bytes_of(FileHeader{kMagic, header.format, encrypted ? kEncrypted : 0, header.number, header.salt}));
  if (encrypted) {
    put_fixed(bytes, seal.key_id);
    bytes.append(seal.salt.data(), seal.salt.size());
  }
  put_fixed(bytes, checksum(bytes, 0));
  COPPICE_CHECK(bytes.size() == header.size());
  return bytes;
}

Result<LogHeader> decode_log_header(ByteView bytes, const std::string& name) {
  const auto damaged = [&](const char* what) {
    return Error{Errc::corruption, name + ": offset 0: " + what};
  };
  if (bytes.size() < kLogHeaderSize) return damaged("the file ends within its header");
  const auto raw = load_fixed<FileHeader>(bytes.data());
  if (raw.magic != kMagic) return damaged("this is no log or manifest of ours");
  const bool encrypted = raw.format_version >= kFlagsSince && (raw.flags & kEncrypted) != 0;
  const size_t size = encrypted ? kSealedLogHeaderSize : kLogHeaderSize;
  if (bytes.size() < size) return damaged("the file ends within its header");
  if (load_fixed<uint64_t>(bytes.data() + size - kSumSize) != checksum(bytes.substr(0, size - kSumSize), 0))
    return damaged("the header's checksum does not match");
  if (raw.format_version > kLogFormatVersion)
    return Error{Errc::unsupported, name + ": has format version " + std::to_string(raw.format_version) +
                                        ", and this build reads up to " + std::to_string(kLogFormatVersion) +
                                        ": upgrade coppice to open it"};
  const uint32_t known = raw.format_version >= kFlagsSince ? kEncrypted : 0;
  if (raw.format_version == 0 || (raw.flags & ~known) != 0)
    return damaged("the header holds values never written");
  LogHeader header{raw.number, raw.salt, raw.format_version};
  if (encrypted) {
    const auto part = load_fixed<SealPart>(bytes.data() + sizeof(FileHeader));
    header.sealing.seal.key_id = part.key_id;
    std::ranges::copy(part.salt, header.sealing.seal.salt.begin());
    if (part.key_id == 0) return damaged("the header says no key that payloads are encrypted with");
  }
  return header;
}

}  // namespace coppice::engine
