#include "engine/io/framed_file.hpp"

#include "engine/base/checksum.hpp"
#include "engine/base/coding.hpp"

namespace coppice::engine {
namespace {

constexpr size_t kMagicSize = 8;
constexpr size_t kHeadSize = 16;
constexpr size_t kFrameSize = kHeadSize + sizeof(uint64_t);
constexpr uint32_t kEncrypted = uint32_t{1} << 31;
constexpr size_t kSealSize = sizeof(uint64_t) + kFileSaltSize;

uint64_t frame_checksum(ByteView head, ByteView payload) { return checksum(payload, checksum(head, 0)); }

Error damaged(const std::string& path, const std::string& what) {
  return {Errc::corruption, path + ": " + what + ": restore the file from a backup"};
}

Bytes sealed(const FileSeal& with, ByteView payload) {
  Bytes bytes;
  put_fixed(bytes, with.seal.key_id);
  bytes.append(with.seal.salt.data(), with.seal.salt.size());
  bytes.resize(kSealSize + payload.size() + kTagSize);
  with.cipher->seal({}, {}, {&payload, 1}, bytes.data() + kSealSize);
  return bytes;
}

Result<FramedFile> opened(ByteView bytes, const std::string& path, const KeyRing& keys) {
  if (bytes.size() < kSealSize + kTagSize) return damaged(path, "is too small for what it says of its key");
  Seal seal{load_fixed<uint64_t>(bytes.data()), {}};
  bytes.copy(seal.salt.data(), seal.salt.size(), sizeof(seal.key_id));
  if (seal.key_id == 0) return damaged(path, "says no key that it is encrypted with");
  COPPICE_TRY_ASSIGN(with, keys.open(seal, FileUse::frame, path));
  bytes.remove_prefix(kSealSize);
  FramedFile file{Bytes(bytes.size() - kTagSize, '\0'), seal.key_id};
  if (!with.cipher->open({}, {}, bytes, file.payload.data()))
    return damaged(path, "is not what was encrypted with its key");
  return file;
}

}  // namespace

Status write_framed(FileSystem& files, const std::string& path, const Frame& frame, ByteView payload,
                    const KeyRing& keys) {
  COPPICE_CHECK(frame.magic.size() == kMagicSize);
  COPPICE_CHECK(frame.version < kEncrypted);
  Bytes sealed_payload;
  if (const FileSeal with = keys.begin(FileUse::frame); with.cipher != nullptr)
    payload = sealed_payload = sealed(with, payload);
  COPPICE_CHECK(payload.size() <= frame.payload_size_max);
  Bytes content(frame.magic);
  put_fixed(content, frame.version | (sealed_payload.empty() ? 0 : kEncrypted));
  put_fixed(content, static_cast<uint32_t>(payload.size()));
  put_fixed(content, frame_checksum(content, payload));
  content += payload;
  return replace_file(files, path, content);
}

Result<FramedFile> read_framed(FileSystem& files, const std::string& path, const Frame& frame,
                               const KeyRing& keys) {
  COPPICE_TRY_ASSIGN(content, read_file(files, path, kFrameSize + frame.payload_size_max));
  if (content.size() < kFrameSize)
    return damaged(path, "has " + std::to_string(content.size()) + " bytes, fewer than its head");
  if (ByteView(content).substr(0, kMagicSize) != frame.magic)
    return damaged(path, "does not begin with " + printable(frame.magic));
  const auto head = load_fixed<uint32_t>(content.data() + kMagicSize);
  const uint32_t version = head & ~kEncrypted;
  if (version > frame.version)
    return Error{Errc::unsupported, path + ": has format " + std::to_string(version) +
                                        ", and this program reads " + std::to_string(frame.version) +
                                        ": use a newer one"};
  if (version != frame.version) return damaged(path, "has the unknown format " + std::to_string(version));
  const auto size = load_fixed<uint32_t>(content.data() + kMagicSize + sizeof(uint32_t));
  if (size != content.size() - kFrameSize) return damaged(path, "does not end where its head says");
  const ByteView payload = ByteView(content).substr(kFrameSize);
  if (load_fixed<uint64_t>(content.data() + kHeadSize) !=
      frame_checksum(ByteView(content).substr(0, kHeadSize), payload))
    return damaged(path, "its checksum does not match");
  if ((head & kEncrypted) != 0) return opened(payload, path, keys);
  return FramedFile{Bytes(payload), 0};
}

}  // namespace coppice::engine
