// Our errors as RPC exceptions and back, as the head of schema/store.capnp promises.
#pragma once

#include <optional>
#include <string_view>

#include <kj/exception.h>

#include "schema/result.hpp"

namespace coppice::wire {

/// The text is "code: text", with " (try again in N ms)" behind it when the error says how long to wait.
kj::Exception to_exception(const Error& error);

/// The error that to_exception was given, on whichever side of a connection it was; nothing if the exception
/// is one of KJ's own.
std::optional<Error> find_error(const kj::Exception& exception);

/// What failed a call to `peer`: the error that it answered; io_error saying what to do if the connection
/// broke, for whatever reason it was ended.
Error from_exception(const kj::Exception& exception, std::string_view peer);

}  // namespace coppice::wire
