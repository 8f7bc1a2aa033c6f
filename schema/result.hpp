// Misfortunes as values: Errc, Error, Status and Result. Mistakes are check.hpp's.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "schema/check.hpp"

namespace coppice {

/// What went wrong, named by what the caller can do about it.
/// The numbers and names travel on the wire and into scripts: never renumber, only append.
enum class Errc : uint8_t {
  invalid_argument = 1,  // Mend the request: the text says which part and what would be allowed.
  not_found = 2,         // Nothing bears that name (a file, a shard); an absent key is no error.
  unavailable = 3,       // Wait and try again: a limit is reached or a shard is restarting.
  moved = 4,             // Fetch the routing table again and send to the shard that owns the key now.
  in_use = 5,            // Another process or request holds it: stop that one first.
  corruption = 6,        // Bytes on disk are not what was written: repair, or restore the named file.
  io_error = 7,      // The operating system refused a file or socket operation: see to the disk or network.
  out_of_space = 8,  // Free some disk space; nothing was lost.
  unsupported = 9,   // Written by a newer format, or a feature this build lacks: upgrade.
  cancelled = 10,    // The caller, or a shutdown, ended it; it may or may not have taken effect.
  would_block = 11,  // The answer is not in memory: ask again from a thread that may wait for the disk.
};

/// Lower-case, as in logs, exit messages and RPC exceptions: "invalid_argument".
std::string_view to_string(Errc code);

/// The reverse of to_string; nothing if `name` is no code's.
std::optional<Errc> errc_from_string(std::string_view name);

struct Error {
  Errc code;
  /// For people: what happened, to what, and what to do next. No trailing full stop or newline.
  std::string text;
  /// With `unavailable`: how long to wait before the next try. 0: unknown.
  uint32_t retry_after_ms = 0;

  /// The same error with `context: ` before its text; for use only where knowledge would be lost.
  Error within(std::string_view context) &&;
};

/// "corruption: table 000012.sst: ..."
std::string to_string(const Error& error);

/// Success, or an Error. One pointer wide; success allocates nothing.
class [[nodiscard]] Status {
public:
  Status() = default;
  Status(Error error) : error_(std::make_unique<Error>(std::move(error))) {}  // NOLINT: implicit by design
  Status(const Status& other) : error_(other.error_ ? std::make_unique<Error>(*other.error_) : nullptr) {}
  Status(Status&&) noexcept = default;
  Status& operator=(const Status& other) { return *this = Status(other); }
  Status& operator=(Status&&) noexcept = default;
  ~Status() = default;

  bool ok() const { return error_ == nullptr; }

  /// Requires: !ok().
  const Error& error() const& {
    COPPICE_CHECK(!ok());
    return *error_;
  }
  Error error() && {
    COPPICE_CHECK(!ok());
    return std::move(*error_);
  }

private:
  std::unique_ptr<Error> error_;
};

inline Status success() { return {}; }

/// A T, or the Error that explains why there is none.
template <class T>
class [[nodiscard]] Result {
public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit by design
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit by design

  bool ok() const { return state_.index() == 0; }

  /// Requires: ok().
  T& value() & {
    COPPICE_CHECK(ok());
    return *std::get_if<0>(&state_);
  }
  const T& value() const& {
    COPPICE_CHECK(ok());
    return *std::get_if<0>(&state_);
  }
  T&& value() && {
    COPPICE_CHECK(ok());
    return std::move(*std::get_if<0>(&state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  /// Requires: !ok().
  const Error& error() const& {
    COPPICE_CHECK(!ok());
    return *std::get_if<1>(&state_);
  }
  Error error() && {
    COPPICE_CHECK(!ok());
    return std::move(*std::get_if<1>(&state_));
  }

  /// The error, or success, without the value.
  Status status() const { return ok() ? Status() : Status(error()); }

private:
  std::variant<T, Error> state_;
};

}  // namespace coppice

#define COPPICE_CONCAT_(a, b) a##b
#define COPPICE_CONCAT(a, b) COPPICE_CONCAT_(a, b)

/// Passes a failure of a Status or Result up; goes on otherwise.
#define COPPICE_TRY(expression)                                                                    \
  do {                                                                                             \
    if (auto coppice_try = (expression); !coppice_try.ok()) return std::move(coppice_try).error(); \
  } while (false)

/// Declares `name` as the value of a Result, or passes its failure up.
#define COPPICE_TRY_ASSIGN(name, expression) \
  COPPICE_TRY_ASSIGN_(COPPICE_CONCAT(coppice_try_, __LINE__), name, expression)
#define COPPICE_TRY_ASSIGN_(result, name, expression) \
  auto result = (expression);                         \
  if (!result.ok()) return std::move(result).error(); \
  auto name = std::move(result).value()
