#include "actors/error.hpp"

#include <caf/atom.hpp>
#include <caf/deep_to_string.hpp>
#include <caf/make_message.hpp>

namespace coppice::actors {
namespace {

constexpr auto kCategory = caf::atom("coppice");

}  // namespace

caf::error to_caf(const Error& error) {
  return {static_cast<uint8_t>(error.code), kCategory, caf::make_message(error.text, error.retry_after_ms)};
}

Error from_caf(const caf::error& error) {
  const caf::message& context = error.context();
  if (error.category() == kCategory && context.match_elements<std::string, uint32_t>())
    return {static_cast<Errc>(error.code()), context.get_as<std::string>(0), context.get_as<uint32_t>(1)};
  return {Errc::cancelled, "an actor ended before it answered (" + caf::deep_to_string(error) + ")"};
}

}  // namespace coppice::actors
