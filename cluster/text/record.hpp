// The lines of `load` and `dump`: key, TAB, value.
#pragma once

#include "cluster/text/encoding.hpp"
#include "schema/types.hpp"

namespace coppice::cluster {

/// The longest line that can hold a record.
size_t record_size_max(Encoding encoding);

struct Record {
  Bytes key;
  Bytes value;
};

/// The first TAB parts key and value. invalid_argument: no TAB, a key or value outside the limits of
/// schema/types.hpp, or not in the encoding.
Result<Record> parse_record(ByteView line, Encoding encoding);

/// Appends the line that parse_record() reads as this record, with its \n. invalid_argument, and nothing
/// appended, if there is none: raw keys with a TAB or \n in them, raw values with \n.
Status append_record(Bytes& text, ByteView key, ByteView value, Encoding encoding);

}  // namespace coppice::cluster
