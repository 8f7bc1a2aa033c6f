// "Did you mean": the known name closest to one that is not known.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace coppice::cluster {

/// The candidate that fewest slips of the keyboard (a letter more, less, other, or two swapped) turn into
/// `typed`, or that alone begins with it; the earlier of equals. Nothing if none is close enough to have been
/// meant.
std::optional<std::string> nearest(std::string_view typed, std::span<const std::string> candidates);

/// ": did you mean 'x'?" for the nearest candidate, or nothing; to put behind a message.
std::string did_you_mean(std::string_view typed, std::span<const std::string> candidates);

}  // namespace coppice::cluster
