// What a run did and found: how often each thing was injected, done, refused and checked; and what was wrong.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace coppice::torture {

/// Threads: any.
class Report {
public:
  enum class Part { injected, done, refused, checked };

  void count(Part part, const std::string& what, uint64_t times = 1);
  /// The largest of what was seen.
  void peak(const std::string& what, uint64_t value);
  /// A promise is broken. The first few are kept, all are counted.
  void violation(const std::string& text);
  /// Something could not be tried here, and why.
  void skipped(const std::string& what, const std::string& why);

  bool failed() const { return violation_count() > 0; }
  uint64_t violation_count() const;
  std::vector<std::string> violations() const;
  uint64_t counted(Part part, const std::string& what) const;

  /// For people: a table of each part, peaks, and what was wrong.
  std::string text() const;
  /// Adds all of another run.
  void add(const Report& other);

private:
  static constexpr size_t kViolationsMax = 20;

  mutable std::mutex mutex_;
  std::map<Part, std::map<std::string, uint64_t>> counts_;
  std::map<std::string, uint64_t> peaks_;
  std::map<std::string, std::string> skipped_;
  std::vector<std::string> violations_;
  uint64_t violation_count_ = 0;
};

}  // namespace coppice::torture
