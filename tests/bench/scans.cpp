#include "tests/bench/data.hpp"
#include "tests/bench/workloads.hpp"

namespace coppice::bench {
namespace {

constexpr uint64_t kStep = 50;

using Scan = uint64_t (Engine::*)(std::string_view, uint64_t);

void seek(Stand& stand, Scan scan) {
  stand.note(drive(stand.at.threads, {.seconds = stand.scale.seconds}, [&](unsigned index) {
    return [&, random = engine::Random(index + 200), key = Key()]() mutable -> uint64_t {
      key.set(random.below(stand.scale.entries));
      return (stand.engine().*scan)(key.view(), kStep);
    };
  }));
}

void walk(Stand& stand, Scan scan) {
  stand.note(drive(stand.at.threads, {.seconds = stand.scale.seconds, .stride = 1}, [&](unsigned) {
    return [&]() -> uint64_t { return (stand.engine().*scan)({}, stand.scale.entries); };
  }));
}

}  // namespace

void seekrandom(Stand& stand) { seek(stand, &Engine::scan); }
void seekrandom_back(Stand& stand) { seek(stand, &Engine::scan_back); }
void readseq(Stand& stand) { walk(stand, &Engine::scan); }
void readreverse(Stand& stand) { walk(stand, &Engine::scan_back); }

}  // namespace coppice::bench
