#include "cluster/wire/address.hpp"

#include <charconv>

namespace coppice::wire {
namespace {

Error not_an_address(std::string_view text, std::string_view problem) {
  return Error{Errc::invalid_argument, "'" + std::string(text) + "' is no address: " + std::string(problem) +
                                           "; write host:port, such as 127.0.0.1:4640 or [::1]:4640"};
}

}  // namespace

Result<Address> parse_address(std::string_view text) {
  if (text.empty()) return not_an_address(text, "it is empty");
  std::string_view host = text;
  std::string_view port;
  bool has_port = false;
  if (text.front() == '[') {
    const size_t close = text.find(']');
    if (close == std::string_view::npos) return not_an_address(text, "the bracket is never closed");
    host = text.substr(1, close - 1);
    const std::string_view rest = text.substr(close + 1);
    if (!rest.empty() && rest.front() != ':')
      return not_an_address(text, "only :port may follow the bracket");
    has_port = !rest.empty();
    if (has_port) port = rest.substr(1);
  } else if (const size_t colon = text.find(':');
             colon != std::string_view::npos && colon == text.rfind(':')) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
    has_port = true;
  }

  Address address;
  address.host = host.empty() ? "0.0.0.0" : std::string(host);
  for (char c : address.host)
    if (c <= ' ' || c == '/' || c == ',' || c == '[' || c == ']' || c > '~')
      return not_an_address(text, "no host has such a name");
  if (!has_port) return address;

  const char* end = port.data() + port.size();
  const auto parsed = std::from_chars(port.data(), end, address.port);
  if (parsed.ec != std::errc() || parsed.ptr != end || port.empty())
    return not_an_address(text, "the port is not a number from 0 to 65535");
  return address;
}

std::string to_string(const Address& address) {
  const bool bracket = address.host.find(':') != std::string::npos;
  return (bracket ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

}  // namespace coppice::wire
