#include "tests/torture/report.hpp"

#include <algorithm>
#include <cinttypes>
#include <cstdio>

namespace coppice::torture {
namespace {

std::string line(uint64_t number, const std::string& what) {
  char text[32];
  std::snprintf(text, sizeof text, "  %12" PRIu64 "  ", number);
  return text + what + '\n';
}

}  // namespace

void Report::count(Part part, const std::string& what, uint64_t times) {
  const std::lock_guard lock(mutex_);
  counts_[part][what] += times;
}

void Report::peak(const std::string& what, uint64_t value) {
  const std::lock_guard lock(mutex_);
  peaks_[what] = std::max(peaks_[what], value);
}

void Report::violation(const std::string& text) {
  const std::lock_guard lock(mutex_);
  ++violation_count_;
  if (violations_.size() < kViolationsMax) violations_.push_back(text);
}

void Report::skipped(const std::string& what, const std::string& why) {
  const std::lock_guard lock(mutex_);
  skipped_[what] = why;
}

uint64_t Report::violation_count() const {
  const std::lock_guard lock(mutex_);
  return violation_count_;
}

std::vector<std::string> Report::violations() const {
  const std::lock_guard lock(mutex_);
  return violations_;
}

uint64_t Report::counted(Part part, const std::string& what) const {
  const std::lock_guard lock(mutex_);
  const auto counts = counts_.find(part);
  if (counts == counts_.end()) return 0;
  const auto found = counts->second.find(what);
  return found == counts->second.end() ? 0 : found->second;
}

std::string Report::text() const {
  const std::lock_guard lock(mutex_);
  std::string text;
  const std::pair<Part, const char*> parts[] = {{Part::injected, "injected"},
                                                {Part::done, "done by clients"},
                                                {Part::refused, "refused, by the reason given"},
                                                {Part::checked, "checked"}};
  for (const auto& [part, name] : parts) {
    const auto counts = counts_.find(part);
    if (counts == counts_.end()) continue;
    text.append(name).append("\n");
    for (const auto& [what, number] : counts->second) text += line(number, what);
  }
  if (!peaks_.empty()) text += "peaks\n";
  for (const auto& [what, number] : peaks_) text += line(number, what);
  for (const auto& [what, why] : skipped_)
    text.append("skipped: ").append(what).append(": ").append(why).append("\n");
  text += violation_count_ == 0 ? "nothing was wrong\n" : std::to_string(violation_count_) + " violations\n";
  for (const std::string& violation : violations_) text.append("VIOLATION: ").append(violation).append("\n");
  return text;
}

void Report::add(const Report& other) {
  const std::scoped_lock lock(mutex_, other.mutex_);
  for (const auto& [part, counts] : other.counts_)
    for (const auto& [what, number] : counts) counts_[part][what] += number;
  for (const auto& [what, number] : other.peaks_) peaks_[what] = std::max(peaks_[what], number);
  skipped_.insert(other.skipped_.begin(), other.skipped_.end());
  violation_count_ += other.violation_count_;
  for (const std::string& violation : other.violations_)
    if (violations_.size() < kViolationsMax) violations_.push_back(violation);
}

}  // namespace coppice::torture
