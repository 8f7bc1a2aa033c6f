#include "tests/simulation/trouble.hpp"

#include <algorithm>
#include <array>

namespace coppice::simulation {
namespace {

/// Most of the time a disk takes no time, or a few milliseconds.
constexpr DiskPace kUsualPace{8, std::chrono::milliseconds(5)};

/// Of the reads of a batch that is under way so many are the last of their life.
constexpr uint64_t kEndsOneReadIn = 2;

/// Where files take the place of others, and where a tree begins.
constexpr std::array<const char*, 4> kPlaces = {"SHARDS.new", "MANIFEST.new", "MANIFEST", ".log"};

}  // namespace

Trouble::Trouble(Scene& scene) : scene_(scene), random_(seed_of(scene.plan().seed, Stream::trouble)) {
  scene.platform().set_disk_pace(kUsualPace);
}

void Trouble::look() {
  if (until_ && scene_.platform().now() >= *until_) {
    until_.reset();
    scene_.files().heal();
    scene_.platform().set_disk_pace(kUsualPace);
  }
  // What was read is there from then on, though its writer has not been told yet.
  if (scene_.take_batch_was_read() && random_.one_in(kEndsOneReadIn)) {
    scene_.conditions().met(Condition::life_ended_behind_a_read);
    return scene_.files().stop_after(0);
  }
  // What goes on for a short time only has a chance of its own.
  const bool is_short = until_ || scene_.is_splitting() || scene_.has_shard_down();
  const uint64_t usual = scene_.plan().trouble_one_in;
  const uint64_t one_in = is_short ? std::min<uint64_t>(200, usual) : usual;
  if (random_.one_in(one_in)) begin();
}

void Trouble::begin() {
  engine::MemoryFileSystem& files = scene_.files();
  const auto lasts = [this](std::chrono::milliseconds most) {
    until_ = scene_.platform().now() +
             std::chrono::milliseconds(random_.below(static_cast<uint64_t>(most.count())));
  };
  switch (random_.below(8)) {
    case 0:
    case 1:
      return files.stop_after(random_.below(60));
    case 2:
      return files.stop_after(random_.below(6), kPlaces[random_.below(kPlaces.size())]);
    case 3:
      return files.fail_after(random_.below(6), kPlaces[random_.below(kPlaces.size())]);
    case 4:
      return files.fail_after(random_.below(40));
    case 5:
      if (until_) return;
      files.set_room(random_.below(20'000));
      return lasts(std::chrono::seconds(5));
    case 6:
      if (until_) return;
      scene_.platform().set_disk_pace({1 + random_.below(6), std::chrono::seconds(30)});
      return lasts(std::chrono::seconds(60));
    default: {
      const auto by_ms = static_cast<int64_t>(random_.below(10'000'000)) - 5'000'000;
      if (by_ms < 0) scene_.conditions().met(Condition::clock_set_back);
      scene_.platform().move_wall(by_ms);
    }
  }
}

bool Trouble::closes() { return random_.one_in(8 * scene_.plan().trouble_one_in); }

void Trouble::end() {
  until_.reset();
  scene_.files().heal();
  scene_.platform().set_disk_pace(kUsualPace);
}

}  // namespace coppice::simulation
