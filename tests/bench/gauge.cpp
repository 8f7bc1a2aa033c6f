#include "tests/bench/gauge.hpp"

#include <algorithm>
#include <fstream>

#include <sys/stat.h>

#include "tests/bench/data.hpp"

namespace coppice::bench {

namespace fs = std::filesystem;

Space space_of(const fs::path& directory) {
  Space space;
  std::error_code gone;
  for (fs::recursive_directory_iterator at(directory, gone), end; at != end; at.increment(gone)) {
    struct stat status {};
    // A file may be removed between being listed and being looked at.
    if (::stat(at->path().c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    const uint64_t size = static_cast<uint64_t>(status.st_blocks) * 512;
    space.all += size;
    if (at->path().extension() == ".log") space.logs += size;
  }
  return space;
}

uint64_t anonymous_memory() {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word) {
    uint64_t kib = 0;
    if (word == "RssAnon:" && status >> kib) return kib << 10;
  }
  give_up("/proc/self/status does not tell how much memory is used");
}

Gauge::Gauge(Stand& stand) : stand_(stand), thread_([this] { watch(); }) {}

Gauge::~Gauge() { stop(); }

void Gauge::stop() {
  stopped_ = true;
  if (thread_.joinable()) thread_.join();
}

void Gauge::watch() {
  constexpr std::chrono::milliseconds kPause{50};
  constexpr int kPausesBetweenSpaces = 5;
  for (int i = 0; !stopped_; ++i) {
    memory_ = std::max(memory_, anonymous_memory());
    if (i % kPausesBetweenSpaces == 0) spaces_.push_back(space_of(stand_.directory));
    std::this_thread::sleep_for(kPause);
  }
}

void Gauge::note_space() {
  stop();
  Space sum;
  for (const Space& space : spaces_) {
    sum.all += space.all;
    sum.logs += space.logs;
  }
  bench::note_space(stand_, {sum.all / spaces_.size(), sum.logs / spaces_.size()});
}

void Gauge::note_memory() {
  stop();
  const size_t budget = stand_.settings.cache_size + 2 * stand_.settings.write_buffer_size;
  stand_.note("memory", static_cast<double>(memory_) / static_cast<double>(budget));
}

void note_space(Stand& stand, const Space& space) {
  const auto live = static_cast<double>(stand.scale.entries * stand.scale.entry_size());
  stand.note("space_amplification", static_cast<double>(space.tables()) / live);
  stand.note("space_amplification_with_logs", static_cast<double>(space.all) / live);
}

}  // namespace coppice::bench
