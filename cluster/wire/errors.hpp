// Our errors as RPC exceptions and back, as the head of schema/store.capnp promises.
#pragma once

#include <string_view>

#include <kj/exception.h>

#include "schema/result.hpp"

namespace coppice::wire {

/// The text is "code: text", with " (try again in N ms)" behind it when the error says how long to wait.
kj::Exception to_exception(const Error& error);

/// The error that to_exception was given, on whichever side of a connection it was. Any other exception is
/// one of KJ's own: a broken connection is io_error, naming `peer` and what to do.
Error from_exception(const kj::Exception& exception, std::string_view peer);

}  // namespace coppice::wire
