#include "schema/types.hpp"

#include <algorithm>

namespace coppice {

KeyRange prefix_range(ByteView prefix) {
  // The first key past the prefix: its last byte that can be raised, raised, and nothing behind it.
  Bytes end(prefix);
  while (!end.empty() && static_cast<unsigned char>(end.back()) == 0xff) end.pop_back();
  if (end.empty()) return {Bytes(prefix), std::nullopt};
  end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
  return {Bytes(prefix), std::move(end)};
}

KeyRange intersection(const KeyRange& a, const KeyRange& b) {
  KeyRange both{std::max(a.begin, b.begin), a.end};
  if (b.end && (!both.end || *b.end < *both.end)) both.end = b.end;
  return both;
}

std::string printable(ByteView bytes) {
  constexpr size_t kShown = 64;
  constexpr char kHex[] = "0123456789abcdef";
  std::string text = "\"";
  for (char c : bytes.substr(0, kShown)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\') {
      text += c;
    } else {
      text += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  text += '"';
  if (bytes.size() > kShown) text += " (" + std::to_string(bytes.size()) + " bytes)";
  return text;
}

Status check_key(ByteView key) {
  if (key.empty()) return Error{Errc::invalid_argument, "the key is empty: keys have 1 to 16384 bytes"};
  if (key.size() > kKeySizeMax)
    return Error{Errc::invalid_argument,
                 "the key has " + std::to_string(key.size()) + " bytes: keys have 1 to 16384 bytes"};
  return success();
}

Status check_value(ByteView value) {
  if (value.size() > kValueSizeMax)
    return Error{Errc::invalid_argument, "the value has " + std::to_string(value.size()) +
                                             " bytes: values have at most 67108864 bytes"};
  return success();
}

}  // namespace coppice
