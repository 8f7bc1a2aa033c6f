#include <atomic>

#include "tests/bench/data.hpp"
#include "tests/bench/workloads.hpp"
#include "tests/bench/zipfian.hpp"

namespace coppice::bench {
namespace {

/// Out of a hundred operations; the rest are reads.
struct Mix {
  unsigned updates = 0;
  unsigned inserts = 0;
  unsigned scans = 0;
  unsigned read_modify_writes = 0;
  /// Reads the newest most often, instead of any few.
  bool latest = false;
};

/// One thread's operations.
class Client {
public:
  Client(Stand& stand, const Mix& mix, const Zipfian& zipfian, std::atomic<uint64_t>& end, unsigned index)
      : engine_(stand.engine()),
        mix_(mix),
        zipfian_(zipfian),
        end_(end),
        random_(index + 300),
        values_(stand.scale.value_size) {}

  uint64_t operator()() {
    const uint64_t roll = random_.below(100);
    unsigned bound = mix_.updates;
    if (roll < bound) return update();
    if (roll < (bound += mix_.inserts)) return insert();
    if (roll < (bound += mix_.scans)) return scan();
    if (roll < (bound += mix_.read_modify_writes)) return read_modify_write();
    return read();
  }

private:
  void choose() {
    if (mix_.latest) {
      // An insert that has its number may not be done: a read of the very newest may find nothing, as in YCSB.
      key_.set(end_.load(std::memory_order_relaxed) - 1 - zipfian_.rank(random_));
    } else {
      key_.set(zipfian_.scrambled(random_));
    }
  }
  uint64_t read() {
    choose();
    engine_.get(key_.view());
    return 1;
  }
  uint64_t update() {
    choose();
    engine_.put(key_.view(), values_.next(), false);
    return 1;
  }
  uint64_t read_modify_write() {
    choose();
    engine_.get(key_.view());
    engine_.put(key_.view(), values_.next(), false);
    return 1;
  }
  uint64_t insert() {
    key_.set(end_.fetch_add(1, std::memory_order_relaxed));
    engine_.put(key_.view(), values_.next(), false);
    return 1;
  }
  uint64_t scan() {
    choose();
    engine_.scan(key_.view(), 1 + random_.below(100));
    return 1;
  }

  Engine& engine_;
  const Mix mix_;
  const Zipfian& zipfian_;
  std::atomic<uint64_t>& end_;
  engine::Random random_;
  Values values_;
  Key key_;
};

Tally ycsb(Stand& stand, const Mix& mix) {
  const Zipfian zipfian(stand.scale.entries);
  // Inserts of one mix are overwritten by the next one's: each begins at the same end.
  std::atomic<uint64_t> end{stand.scale.entries};
  stand.engine().expect_writers(stand.at.threads);
  Tally tally = drive(stand.at.threads, {.seconds = stand.scale.seconds},
                      [&](unsigned index) { return Client(stand, mix, zipfian, end, index); });
  stand.engine().expect_writers(1);
  return tally;
}

}  // namespace

void ycsb_a(Stand& stand) { stand.note(ycsb(stand, {.updates = 50})); }
void ycsb_b(Stand& stand) { stand.note(ycsb(stand, {.updates = 5})); }
void ycsb_c(Stand& stand) { stand.note(ycsb(stand, {})); }
void ycsb_d(Stand& stand) { stand.note(ycsb(stand, {.inserts = 5, .latest = true})); }
void ycsb_e(Stand& stand) { stand.note(ycsb(stand, {.inserts = 5, .scans = 95})); }
void ycsb_f(Stand& stand) { stand.note(ycsb(stand, {.read_modify_writes = 50})); }

}  // namespace coppice::bench
