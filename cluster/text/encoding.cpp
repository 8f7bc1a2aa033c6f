#include "cluster/text/encoding.hpp"

namespace coppice::cluster {
namespace {

constexpr char kDigits[] = "0123456789abcdef";

void append_hex(Bytes& text, char byte) {
  text += kDigits[static_cast<unsigned char>(byte) >> 4];
  text += kDigits[static_cast<unsigned char>(byte) & 15];
}

Bytes escape(ByteView bytes) {
  Bytes text;
  text.reserve(bytes.size());
  for (char c : bytes) {
    if (c == '\\') {
      text += "\\\\";
    } else if (c == '\t') {
      text += "\\t";
    } else if (c == '\n') {
      text += "\\n";
    } else if (c == '\r') {
      text += "\\r";
    } else if (c >= 0x20 && c < 0x7f) {
      text += c;
    } else {
      text += "\\x";
      append_hex(text, c);
    }
  }
  return text;
}

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// The byte that the two digits at `offset` stand for, or -1.
int byte_at(ByteView text, size_t offset) {
  if (offset + 2 > text.size()) return -1;
  const int high = digit(text[offset]);
  const int low = digit(text[offset + 1]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

Error unreadable(size_t offset, const char* right) {
  return {Errc::invalid_argument, "cannot read the text at offset " + std::to_string(offset) + ": " + right};
}

Result<Bytes> unescape(ByteView text) {
  Bytes bytes;
  bytes.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      bytes += text[i];
      continue;
    }
    const char kind = i + 1 < text.size() ? text[i + 1] : '\0';
    const int byte = kind == 'x' ? byte_at(text, i + 2) : -1;
    if (kind == 't') {
      bytes += '\t';
    } else if (kind == 'n') {
      bytes += '\n';
    } else if (kind == 'r') {
      bytes += '\r';
    } else if (kind == '\\') {
      bytes += '\\';
    } else if (byte >= 0) {
      bytes += static_cast<char>(byte);
      i += 2;
    } else {
      return unreadable(i, "after a backslash comes t, n, r, x and two hex digits, or another backslash");
    }
    ++i;
  }
  return bytes;
}

Result<Bytes> from_hex(ByteView text) {
  Bytes bytes;
  bytes.reserve(text.size() / 2);
  for (size_t i = 0; i < text.size(); i += 2) {
    const int byte = byte_at(text, i);
    if (byte < 0) return unreadable(i, "hex is two digits a byte");
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

}  // namespace

Bytes encode(ByteView bytes, Encoding encoding) {
  if (encoding == Encoding::escaped) return escape(bytes);
  if (encoding == Encoding::raw) return Bytes(bytes);
  Bytes text;
  text.reserve(bytes.size() * 2);
  for (char c : bytes) append_hex(text, c);
  return text;
}

Result<Bytes> decode(ByteView text, Encoding encoding) {
  if (encoding == Encoding::escaped) return unescape(text);
  if (encoding == Encoding::hex) return from_hex(text);
  return Bytes(text);
}

}  // namespace coppice::cluster
