// Bytes on a connection: however they are cut, the same messages come, and no message makes its reader crash.
#include <vector>

#include <capnp/any.h>
#include <capnp/rpc.capnp.h>

#include "cluster/wire/message_input.hpp"
#include "tests/cluster/wire/scripted_stream.hpp"

namespace coppice::wire {
namespace {

/// What reading gave: the size of every message as its reader sees it (0: malformed), and how it ended.
std::vector<uint64_t> read_all(kj::WaitScope& scope, std::string_view bytes, size_t piece_size) {
  ScriptedStream stream;
  for (size_t begin = 0; begin < bytes.size(); begin += piece_size)
    stream.push(std::string(bytes.substr(begin, piece_size)));
  stream.end_of_input();
  MessageInput input(stream, {});
  std::vector<uint64_t> seen;
  try {
    while (true) {
      auto message = input.read(reader_options()).wait(scope);
      KJ_IF_MAYBE (reader, message) {
        uint64_t words = 0;
        try {
          words = (*reader)->getRoot<capnp::rpc::Message>().totalSize().wordCount;
        } catch (const kj::Exception&) {
        }
        seen.push_back(words);
      } else {
        return seen;
      }
    }
  } catch (const kj::Exception& error) {
    seen.push_back(static_cast<uint64_t>(error.getType()));
    return seen;
  }
}

}  // namespace
}  // namespace coppice::wire

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  kj::EventLoop loop;
  kj::WaitScope scope(loop);
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  const auto whole = coppice::wire::read_all(scope, bytes, bytes.size() + 1);
  const auto pieces = coppice::wire::read_all(scope, bytes, data[0] % 32 + 1);
  COPPICE_CHECK(whole == pieces);
  return 0;
}
