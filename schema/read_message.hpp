// Reads Cap'n Proto messages that lie in files.
#pragma once

#include <functional>

#include <capnp/message.h>

#include "schema/types.hpp"

namespace coppice {

/// How far a reader may walk in a message of so many bytes, of which it looks at each part once. A list of elements without content
/// takes no bytes, however many it says it has; each counts as a word, so that there are never more than the message is large.
capnp::ReaderOptions reader_options_for(size_t size);

/// Calls `read` with the one unpacked message in `bytes`, with its segment table. False: the message is malformed, and `read` may
/// have come to any part of it.
bool read_message(ByteView bytes, const std::function<void(capnp::MessageReader&)>& read);

}  // namespace coppice
