#include "engine/base/sampler.hpp"

#include <atomic>
#include <cmath>

#include "engine/base/random.hpp"

namespace coppice::engine {
namespace {

// Where each is picked by itself the way from one to the next is spread geometrically. 1 and more.
uint64_t draw_gap(Sampling& sampling, uint32_t interval) {
  Random random(sampling.seed);
  sampling.seed = random.next();
  const double part = (static_cast<double>(random.next() >> 11) + 1) * 0x1p-53;
  return 1 + static_cast<uint64_t>(std::log(part) / std::log1p(-1.0 / interval));
}

}  // namespace

bool draw_next(Sampling& sampling, uint32_t interval) {
  COPPICE_CHECK(interval > 0);
  if (interval == 1) return true;
  if (sampling.left == 0) {
    static std::atomic<uint64_t> threads{0};
    sampling.seed = mix(threads.fetch_add(1, std::memory_order_relaxed) + 1);
    sampling.left = draw_gap(sampling, interval);
    if (--sampling.left > 0) return false;
  }
  sampling.left = draw_gap(sampling, interval);
  return true;
}

}  // namespace coppice::engine
