#include "engine/io/framed_file.hpp"

#include "engine/base/checksum.hpp"
#include "engine/base/coding.hpp"

namespace coppice::engine {
namespace {

constexpr size_t kMagicSize = 8;
constexpr size_t kHeadSize = 16;
constexpr size_t kFrameSize = kHeadSize + sizeof(uint64_t);

uint64_t frame_checksum(ByteView head, ByteView payload) { return checksum(payload, checksum(head, 0)); }

Error damaged(const std::string& path, const std::string& what) {
  return {Errc::corruption, path + ": " + what + ": restore the file from a backup"};
}

}  // namespace

Status write_framed(FileSystem& files, const std::string& path, const Frame& frame, ByteView payload) {
  COPPICE_CHECK(frame.magic.size() == kMagicSize);
  COPPICE_CHECK(payload.size() <= frame.payload_size_max);
  Bytes content(frame.magic);
  put_fixed(content, frame.version);
  put_fixed(content, static_cast<uint32_t>(payload.size()));
  put_fixed(content, frame_checksum(content, payload));
  content += payload;
  return replace_file(files, path, content);
}

Result<Bytes> read_framed(FileSystem& files, const std::string& path, const Frame& frame) {
  COPPICE_TRY_ASSIGN(content, read_file(files, path, kFrameSize + frame.payload_size_max));
  if (content.size() < kFrameSize)
    return damaged(path, "has " + std::to_string(content.size()) + " bytes, fewer than its head");
  if (ByteView(content).substr(0, kMagicSize) != frame.magic)
    return damaged(path, "does not begin with " + printable(frame.magic));
  const auto version = load_fixed<uint32_t>(content.data() + kMagicSize);
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
  return Bytes(payload);
}

}  // namespace coppice::engine
