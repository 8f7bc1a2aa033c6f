// Which refusals a client may meet, and what each says of the write it answers.
#pragma once

#include <optional>
#include <string>

#include "schema/result.hpp"

namespace coppice::torture {

struct Refusal {
  /// For the report.
  std::string kind;
  /// A write that was refused so has not been kept, and never will be. Otherwise nobody knows until the node has ended.
  bool nothing_kept = false;
};

/// Nothing: the error is of no kind that helps: its code is one that no client should see, or its text names neither what
/// refused nor what to do.
std::optional<Refusal> refusal_of(const Error& error);

/// What a program says on its standard error when it gives up at its start; nothing: no reason that helps.
std::optional<std::string> start_refusal_of(const std::string& errors);

}  // namespace coppice::torture
