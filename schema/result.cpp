#include "schema/result.hpp"

#include <array>

namespace coppice {
namespace {

struct Name {
  Errc code;
  std::string_view text;
};

constexpr std::array kNames{
    Name{Errc::invalid_argument, "invalid_argument"},
    Name{Errc::not_found, "not_found"},
    Name{Errc::unavailable, "unavailable"},
    Name{Errc::moved, "moved"},
    Name{Errc::in_use, "in_use"},
    Name{Errc::corruption, "corruption"},
    Name{Errc::io_error, "io_error"},
    Name{Errc::out_of_space, "out_of_space"},
    Name{Errc::unsupported, "unsupported"},
    Name{Errc::cancelled, "cancelled"},
    Name{Errc::would_block, "would_block"},
};

}  // namespace

std::string_view to_string(Errc code) {
  for (const Name& name : kNames)
    if (name.code == code) return name.text;
  return "unknown";
}

std::optional<Errc> errc_from_string(std::string_view name) {
  for (const Name& known : kNames)
    if (known.text == name) return known.code;
  return std::nullopt;
}

Error Error::within(std::string_view context) && {
  text.insert(0, ": ").insert(0, context);
  return std::move(*this);
}

std::string to_string(const Error& error) { return std::string(to_string(error.code)) + ": " + error.text; }

}  // namespace coppice
