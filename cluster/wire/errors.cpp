#include "cluster/wire/errors.hpp"

#include <charconv>
#include <string>

namespace coppice::wire {
namespace {

using Type = kj::Exception::Type;

constexpr std::string_view kRemote = "remote exception: ";
constexpr std::string_view kWaitBegin = " (try again in ";
constexpr std::string_view kWaitEnd = " ms)";

Type type_of(Errc code) {
  switch (code) {
    case Errc::unavailable:
      return Type::OVERLOADED;
    case Errc::unsupported:
      return Type::UNIMPLEMENTED;
    default:
      return Type::FAILED;
  }
}

/// The text as it was thrown, on whichever side.
std::string_view reason(const kj::Exception& exception) {
  const kj::StringPtr description = exception.getDescription();
  std::string_view text(description.cStr(), description.size());
  while (text.starts_with(kRemote)) text.remove_prefix(kRemote.size());
  return text;
}

/// Takes the wait off the end of `text`; 0 if there is none.
uint32_t take_wait(std::string& text) {
  const size_t begin = text.rfind(kWaitBegin);
  if (begin == std::string::npos || !text.ends_with(kWaitEnd)) return 0;
  const char* first = text.data() + begin + kWaitBegin.size();
  const char* last = text.data() + text.size() - kWaitEnd.size();
  uint32_t wait_ms = 0;
  const auto parsed = std::from_chars(first, last, wait_ms);
  if (parsed.ec != std::errc() || parsed.ptr != last) return 0;
  text.resize(begin);
  return wait_ms;
}

Error foreign_error(Type type, std::string_view peer, std::string_view text) {
  const std::string who(peer);
  const std::string what(text);
  switch (type) {
    case Type::DISCONNECTED:
      return {Errc::io_error, "the connection to " + who + " broke (" + what +
                                  "): connect again; a write under way may or may not have been kept"};
    case Type::OVERLOADED:
      return {Errc::unavailable, who + " is overloaded (" + what + "): try again later"};
    case Type::UNIMPLEMENTED:
      return {Errc::unsupported, who + " does not know this call (" + what + "): upgrade the older side"};
    case Type::FAILED:
      break;
  }
  return {Errc::io_error, "the exchange with " + who + " failed: " + what};
}

}  // namespace

kj::Exception to_exception(const Error& error) {
  std::string text = to_string(error);
  if (error.retry_after_ms != 0)
    text.append(kWaitBegin).append(std::to_string(error.retry_after_ms)).append(kWaitEnd);
  return kj::Exception(type_of(error.code), __FILE__, __LINE__, kj::heapString(text.data(), text.size()));
}

std::optional<Error> find_error(const kj::Exception& exception) {
  const std::string_view text = reason(exception);
  const size_t colon = text.find(": ");
  const auto code = errc_from_string(text.substr(0, colon == std::string_view::npos ? 0 : colon));
  if (!code) return std::nullopt;
  Error error{*code, std::string(text.substr(colon + 2))};
  error.retry_after_ms = take_wait(error.text);
  return error;
}

Error from_exception(const kj::Exception& exception, std::string_view peer) {
  if (exception.getType() != Type::DISCONNECTED)
    if (auto error = find_error(exception)) return *std::move(error);
  return foreign_error(exception.getType(), peer, reason(exception));
}

}  // namespace coppice::wire
