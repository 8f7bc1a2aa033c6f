#include "cluster/text/nearest.hpp"

#include <algorithm>
#include <vector>

namespace coppice::cluster {
namespace {

/// Optimal string alignment: Levenshtein's distance in which swapping two neighbours is one step.
size_t slips(std::string_view a, std::string_view b) {
  std::vector<size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t other = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, other});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

std::optional<std::string> only_one_beginning_with(std::string_view typed,
                                                   std::span<const std::string> candidates) {
  const auto begins = [&](const std::string& candidate) { return candidate.starts_with(typed); };
  if (typed.empty() || std::ranges::count_if(candidates, begins) != 1) return std::nullopt;
  return *std::ranges::find_if(candidates, begins);
}

}  // namespace

std::optional<std::string> nearest(std::string_view typed, std::span<const std::string> candidates) {
  std::optional<std::string> best;
  size_t best_slips = SIZE_MAX;
  for (const std::string& candidate : candidates) {
    const size_t distance = slips(typed, candidate);
    // A third of the letters wrong is a slip; more is another word.
    const size_t allowed = std::max<size_t>(1, std::max(typed.size(), candidate.size()) / 3);
    if (distance < candidate.size() && distance <= allowed && distance < best_slips) {
      best = candidate;
      best_slips = distance;
    }
  }
  return best ? best : only_one_beginning_with(typed, candidates);
}

std::string did_you_mean(std::string_view typed, std::span<const std::string> candidates) {
  const auto meant = nearest(typed, candidates);
  return meant ? ": did you mean '" + *meant + "'?" : "";
}

}  // namespace coppice::cluster
