#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/data.hpp"
#include "tests/bench/gauge.hpp"
#include "tests/bench/workloads.hpp"

namespace coppice::bench {
namespace {

/// Opens the database and reads one key of it.
void time_opening(Stand& stand, uint64_t number) {
  const auto start = Clock::now();
  stand.open();
  const bool found = stand.engine().get(Key(number).view());
  stand.note("seconds", std::chrono::duration<double>(Clock::now() - start).count());
  if (!found) give_up(stand.contender.name + ": a key is missing after opening");
}

}  // namespace

void open_prepared(Stand& stand) {
  note_space(stand, space_of(stand.directory));
  time_opening(stand, stand.scale.entries / 2);
}

void recover(Stand& stand) {
  constexpr uint64_t kLogSize = 64 << 20;
  const uint64_t entries = kLogSize / stand.scale.entry_size();
  // All of it stays in the log.
  stand.settings.write_buffer_size = 4 * kLogSize;
  const pid_t writer = ::fork();
  if (writer < 0) give_up("there is no second process to write a log");
  if (writer == 0) {
    stand.open();
    Values values(stand.scale.value_size);
    for (uint64_t i = 0; i < entries; ++i) {
      stand.engine().put(Key(engine::mix(i) % 10'000'000'000).view(), values.next(), false);
    }
    // No destructor, no flush: as kill -9 would leave it.
    ::_exit(0);
  }
  int outcome = 0;
  if (::waitpid(writer, &outcome, 0) != writer || outcome != 0)
    give_up("the process that wrote a log failed");
  time_opening(stand, engine::mix(entries - 1) % 10'000'000'000);
}

}  // namespace coppice::bench
