// Where a node listens, as people write it.
#pragma once

#include <string>
#include <string_view>

#include "schema/result.hpp"

namespace coppice::wire {

inline constexpr uint16_t kDefaultPort = 4640;

struct Address {
  std::string host = "127.0.0.1";
  /// To listen on 0 means: any free one.
  uint16_t port = kDefaultPort;

  bool operator==(const Address&) const = default;
};

/// Takes "host:port", "host", ":port" (every interface), "[::1]:port" and "::1"; invalid_argument otherwise.
Result<Address> parse_address(std::string_view text);

/// What parse_address takes; IPv6 hosts in brackets.
std::string to_string(const Address& address);

}  // namespace coppice::wire
