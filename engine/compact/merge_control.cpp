#include "engine/compact/merge_control.hpp"

#include <algorithm>

namespace coppice::engine {

const char* name_of(Merging merging) {
  switch (merging) {
    case Merging::on:
      return "on";
    case Merging::off:
      return "off";
    case Merging::paused:
      return "paused";
    case Merging::stopped:
      break;
  }
  return "stopped";
}

std::optional<std::chrono::milliseconds> time_to_look(Merging merging, std::chrono::milliseconds interval,
                                                      std::chrono::milliseconds ago, double debt) {
  constexpr std::chrono::milliseconds kNow{0};
  if (merging != Merging::on) return std::nullopt;
  return debt > 0 ? kNow : std::max(kNow, interval - ago);
}

}  // namespace coppice::engine
