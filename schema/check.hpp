// Mistakes: a broken invariant stops the process, in release builds too, before it reaches the disk.
#pragma once

namespace coppice {

/// Prints the place and the condition to stderr and aborts.
[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace coppice

/// One condition per check, so that the message says which one broke.
#define COPPICE_CHECK(condition)                     \
  (__builtin_expect(static_cast<bool>(condition), 1) \
       ? void(0)                                     \
       : ::coppice::check_failed(#condition, __FILE__, __LINE__))
