// The head of a Cap'n Proto message on a byte stream, and the limits on what it may announce.
//
//   offset  size  meaning (little-endian)
//   0       4     number of segments less one
//   4       4     size of the first segment in words of 8 bytes
//   8       4     of the second, and so on, then padding to a multiple of 8 bytes; then the segments
#pragma once

#include <capnp/message.h>

#include "schema/types.hpp"

namespace coppice::wire {

using Segments = kj::ArrayPtr<const kj::ArrayPtr<const capnp::word>>;
using Message = kj::Maybe<kj::Own<capnp::MessageReader>>;

/// Of one message with its head. The largest batch fits with its call around it.
inline constexpr size_t kMessageSizeMax = kBatchSizeMax + (1 << 20);
inline constexpr size_t kSegmentCountMax = 512;

/// For every connection: what one message may make its reader walk.
capnp::ReaderOptions reader_options();

/// What the first bytes of a message say of it.
struct Sizes {
  /// Of the head, as far as the bytes tell it.
  size_t head = sizeof(capnp::word);
  /// Of head and segments; 0 while the head is not whole.
  size_t message = 0;
};

/// invalid_argument if they announce more segments or bytes than the limits allow.
Result<Sizes> read_sizes(kj::ArrayPtr<const kj::byte> bytes);

/// Requires: 1 to kSegmentCountMax segments.
kj::Array<kj::byte> make_head(Segments segments);

/// Of head and segments.
size_t message_size(Segments segments);

/// A message that came from a stream. Its memory is only touched as the bytes come, so that one that was
/// announced and never sent costs nothing but addresses.
class ReceivedMessage final : public capnp::MessageReader {
public:
  /// Requires: `head` is whole and passed read_sizes().
  ReceivedMessage(const capnp::ReaderOptions& limits, kj::ArrayPtr<const kj::byte> head);

  /// Where the segments' bytes go, one segment behind the other.
  kj::ArrayPtr<kj::byte> body() { return words_.asBytes(); }

  kj::ArrayPtr<const capnp::word> getSegment(capnp::uint id) override;

private:
  kj::Array<capnp::word> words_;
  kj::Array<kj::ArrayPtr<const capnp::word>> segments_;
};

}  // namespace coppice::wire
