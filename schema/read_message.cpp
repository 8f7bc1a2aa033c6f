#include "schema/read_message.hpp"

#include <cstring>

#include <capnp/serialize.h>
#include <kj/exception.h>

namespace coppice {
namespace {

// Beside the content pointers to it are walked, and some messages have little content.
constexpr size_t kWordsMin = 64;

}  // namespace

capnp::ReaderOptions reader_options_for(size_t size) {
  capnp::ReaderOptions options;
  options.traversalLimitInWords = kWordsMin + 2 * (size / sizeof(capnp::word));
  return options;
}

bool read_message(ByteView bytes, const std::function<void(capnp::MessageReader&)>& read) {
  if (bytes.empty() || bytes.size() % sizeof(capnp::word) != 0) return false;
  auto words = kj::heapArray<capnp::word>(bytes.size() / sizeof(capnp::word));
  std::memcpy(words.begin(), bytes.data(), bytes.size());
  const kj::Maybe<kj::Exception> thrown = kj::runCatchingExceptions([&] {
    capnp::FlatArrayMessageReader message(words, reader_options_for(bytes.size()));
    read(message);
  });
  return thrown == nullptr;
}

}  // namespace coppice
