// Where our errors become CAF's and back; nowhere else.
#pragma once

#include <caf/error.hpp>

#include "schema/result.hpp"

namespace coppice::actors {

/// Keeps code, text and retry_after_ms.
caf::error to_caf(const Error& error);

/// The reverse. An error of CAF's own (a request to an actor that has ended) is `cancelled`.
Error from_caf(const caf::error& error);

}  // namespace coppice::actors
