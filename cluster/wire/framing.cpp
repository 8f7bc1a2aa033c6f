#include "cluster/wire/framing.hpp"

#include <string>

namespace coppice::wire {
namespace {

using capnp::word;

constexpr size_t head_size(size_t segment_count) { return (segment_count / 2 + 1) * sizeof(word); }

uint32_t load_u32(const kj::byte* at) {
  return uint32_t{at[0]} | uint32_t{at[1]} << 8 | uint32_t{at[2]} << 16 | uint32_t{at[3]} << 24;
}

void store_u32(kj::byte* at, size_t number) {
  for (int i = 0; i < 4; ++i) at[i] = static_cast<kj::byte>(number >> (8 * i));
}

size_t segment_count(kj::ArrayPtr<const kj::byte> head) { return size_t{load_u32(head.begin())} + 1; }

size_t segment_words(kj::ArrayPtr<const kj::byte> head, size_t index) {
  return load_u32(head.begin() + 4 * (index + 1));
}

size_t all_words(kj::ArrayPtr<const kj::byte> head) {
  size_t words = 0;
  for (size_t i = 0; i < segment_count(head); ++i) words += segment_words(head, i);
  return words;
}

Error refused(const std::string& what) {
  return {Errc::invalid_argument, "the peer announced " + what + ", which no message may have"};
}

}  // namespace

capnp::ReaderOptions reader_options() {
  capnp::ReaderOptions options;
  // Twice: the RPC system and the call each walk what they use, once.
  options.traversalLimitInWords = 2 * kMessageSizeMax / sizeof(word);
  return options;
}

Result<Sizes> read_sizes(kj::ArrayPtr<const kj::byte> bytes) {
  Sizes sizes;
  if (bytes.size() < sizes.head) return sizes;
  const size_t count = segment_count(bytes);
  if (count > kSegmentCountMax) return refused(std::to_string(count) + " segments");
  sizes.head = head_size(count);
  if (bytes.size() < sizes.head) return sizes;
  const size_t size = sizes.head + all_words(bytes) * sizeof(word);
  if (size > kMessageSizeMax) return refused(std::to_string(size) + " bytes");
  sizes.message = size;
  return sizes;
}

kj::Array<kj::byte> make_head(Segments segments) {
  auto head = kj::heapArray<kj::byte>(head_size(segments.size()));
  store_u32(head.end() - 4, 0);
  store_u32(head.begin(), segments.size() - 1);
  for (size_t i = 0; i < segments.size(); ++i) store_u32(head.begin() + 4 * (i + 1), segments[i].size());
  return head;
}

size_t message_size(Segments segments) {
  size_t words = 0;
  for (const auto& segment : segments) words += segment.size();
  return head_size(segments.size()) + words * sizeof(word);
}

ReceivedMessage::ReceivedMessage(const capnp::ReaderOptions& limits, kj::ArrayPtr<const kj::byte> head)
    : MessageReader(limits),
      words_(kj::heapArray<word>(all_words(head))),
      segments_(kj::heapArray<kj::ArrayPtr<const word>>(segment_count(head))) {
  size_t begin = 0;
  for (size_t i = 0; i < segments_.size(); ++i) {
    const size_t end = begin + segment_words(head, i);
    segments_[i] = words_.slice(begin, end);
    begin = end;
  }
}

kj::ArrayPtr<const word> ReceivedMessage::getSegment(capnp::uint id) {
  return id < segments_.size() ? segments_[id] : nullptr;
}

}  // namespace coppice::wire
