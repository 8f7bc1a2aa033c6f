#include "engine/values/value_format.hpp"

#include <algorithm>

#include "engine/base/checksum.hpp"
#include "engine/base/coding.hpp"

namespace coppice::engine {
namespace {

constexpr size_t kCheckedSize = 48;
constexpr uint32_t kEncrypted = 1;
static_assert(8 + 8 + 4 + 8 + kFileSaltSize + 4 == kCheckedSize);
static_assert(kCheckedSize + 8 + 4 + 4 + 8 == kValueFooterSize);

Error unsupported(const std::string& what) { return {Errc::unsupported, what + ": upgrade it"}; }

}  // namespace

Bytes encode_value_footer(const ValueFooter& footer) {
  Bytes bytes;
  put_fixed<uint64_t>(bytes, footer.unique_id);
  put_fixed<uint64_t>(bytes, footer.count);
  put_fixed<uint32_t>(bytes, footer.seal.key_id != 0 ? kEncrypted : 0);
  put_fixed<uint64_t>(bytes, footer.seal.key_id);
  bytes.append(footer.seal.salt.data(), footer.seal.salt.size());
  put_fixed<uint32_t>(bytes, 0);
  put_fixed<uint64_t>(bytes, checksum(bytes, kValueVersion));
  put_fixed<uint32_t>(bytes, kValueVersion);
  put_fixed<uint32_t>(bytes, 0);
  put_fixed<uint64_t>(bytes, kValueMagic);
  COPPICE_CHECK(bytes.size() == kValueFooterSize);
  return bytes;
}

Result<ValueFooter> decode_value_footer(ByteView bytes) {
  COPPICE_CHECK(bytes.size() == kValueFooterSize);
  const char* const p = bytes.data();
  if (load_fixed<uint64_t>(p + 64) != kValueMagic)
    return Error{Errc::corruption, "the file does not end like a file of values"};
  const auto version = load_fixed<uint32_t>(p + 56);
  const bool zeros_are = load_fixed<uint32_t>(p + 44) == 0 && load_fixed<uint32_t>(p + 60) == 0;
  if (load_fixed<uint64_t>(p + 48) != checksum(bytes.substr(0, kCheckedSize), version) || !zeros_are)
    return Error{Errc::corruption, "the footer's checksum is wrong"};
  if (version != kValueVersion)
    return unsupported("has value format " + std::to_string(version) + ", and this program knows " +
                       std::to_string(kValueVersion));
  const auto flags = load_fixed<uint32_t>(p + 16);
  if ((flags & ~kEncrypted) != 0)
    return unsupported("has value flags " + std::to_string(flags) + ", and this program knows " +
                       std::to_string(kEncrypted));
  ValueFooter footer{
      load_fixed<uint64_t>(p), load_fixed<uint64_t>(p + 8), {load_fixed<uint64_t>(p + 20), {}}};
  std::copy_n(p + 28, kFileSaltSize, footer.seal.salt.begin());
  if ((flags == kEncrypted) != (footer.seal.key_id != 0))
    return Error{Errc::corruption, "the footer's key is wrong"};
  return footer;
}

}  // namespace coppice::engine
