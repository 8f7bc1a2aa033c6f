// Arbitrary bytes in lines of text, and back.
#pragma once

#include "schema/types.hpp"

namespace coppice::cluster {

/// How keys and values are written where people and scripts handle them.
enum class Encoding : uint8_t {
  raw,      // as they are
  escaped,  // printable ASCII as it is but for \\; \t, \n, \r; every other byte \xNN
  hex,      // two digits a byte
};

/// Escaped and hex have no TAB and no line end in them.
Bytes encode(ByteView bytes, Encoding encoding);

/// The reverse. Escaped text may hold any byte unescaped but a backslash; hex digits may be of either case.
/// invalid_argument names the offset of what cannot be read.
Result<Bytes> decode(ByteView text, Encoding encoding);

}  // namespace coppice::cluster
