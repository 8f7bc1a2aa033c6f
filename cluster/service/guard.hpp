// A request that cannot be read is an answer like any other, with one of our codes.
#pragma once

#include <kj/async.h>

#include "cluster/wire/errors.hpp"

namespace coppice::cluster {

/// What `call` returns, a kj::Promise<void>; what reading a malformed message throws, as invalid_argument.
template <class Call>
kj::Promise<void> guard_request(Call&& call) {
  try {
    return call();
  } catch (const kj::Exception& malformed) {
    return wire::to_exception({Errc::invalid_argument, std::string("the request is malformed: ") +
                                                           malformed.getDescription().cStr()});
  }
}

}  // namespace coppice::cluster
