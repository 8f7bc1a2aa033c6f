#include "tests/simulation/run.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>

#include "tests/simulation/client.hpp"
#include "tests/simulation/trouble.hpp"

namespace coppice::simulation {
namespace {

/// Without trouble every call is answered within so many steps, and far sooner.
constexpr uint64_t kLastStepsMax = 300'000;

/// A mistake ends the process: its seed is to be known as well.
class SeedInSight {
public:
  explicit SeedInSight(uint64_t seed) {
    seed_ = seed;
    before_ = std::signal(
        SIGABRT, [](int) { std::fprintf(stderr, "simulation: the process ended in seed %lu\n", seed_); });
  }
  ~SeedInSight() { std::signal(SIGABRT, before_); }

private:
  static inline uint64_t seed_ = 0;
  void (*before_)(int);
};

class Run {
public:
  Run(uint64_t seed, uint64_t calls)
      : plan_(seed, calls),
        history_(plan_),
        scene_(plan_, history_, conditions_),
        trouble_(scene_),
        random_(seed_of(seed, Stream::steps, 1)) {
    for (uint64_t i = 0; i < plan_.client_count; ++i) clients_.push_back(std::make_unique<Client>(scene_, i));
    scene_.on_end_of_life = [this] {
      for (const auto& client : clients_) client->lose();
    };
  }

  Report run() {
    scene_.open();
    while (calls_ < plan_.call_count && !scene_.is_lost()) turn();
    if (!scene_.is_lost()) end();
    Report report;
    report.failure = history_.verdict();
    if (history_.expired_between_reads() > 0) conditions_.met(Condition::expired_between_reads);
    report.trace = scene_.platform().trace();
    report.calls = calls_;
    report.accesses = history_.access_count();
    report.steps = scene_.platform().steps();
    report.conditions = conditions_;
    return report;
  }

private:
  /// Somebody calls, something goes wrong, or the store does one step.
  void turn() {
    trouble_.look();
    Client* idle = any_idle();
    if (idle != nullptr && random_.one_in(3)) {
      ++calls_;
      idle->call();
    } else if (random_.one_in(64)) {
      (void)scene_.pass_time();
    } else if (!scene_.step() && idle == nullptr) {
      return scene_.give_up("nobody has anything to do, and calls wait for answers");
    }
    if (scene_.is_dead()) return die();
    if (trouble_.closes()) close();
  }

  Client* any_idle() {
    const size_t first = random_.below(clients_.size());
    for (size_t i = 0; i < clients_.size(); ++i) {
      Client& client = *clients_[(first + i) % clients_.size()];
      if (client.is_idle()) return &client;
    }
    return nullptr;
  }

  void die() {
    trouble_.loses_power() ? scene_.lose_power() : scene_.kill();
    begin_life();
  }

  void close() {
    scene_.close();
    begin_life();
  }

  void begin_life() {
    trouble_.end();
    if (!scene_.is_lost()) scene_.open();
  }

  /// All goes well again, so all is answered; then the power goes, and what is there now is what there is.
  void end() {
    trouble_.end();
    scene_.calm_down();
    const uint64_t limit = scene_.platform().steps() + kLastStepsMax;
    // What waits for a pause to end goes on as well.
    scene_.store().set_merging(engine::Merging::on, [](const Result<actors::Nothing>&) {});
    const auto is_busy = [](const auto& client) { return !client->is_idle(); };
    while (std::ranges::any_of(clients_, is_busy) || scene_.has_calls_under_way()) {
      if (!scene_.step() || scene_.platform().steps() > limit)
        return scene_.give_up("a call is not answered though all is well");
    }
    scene_.lose_power();
    scene_.open();
    if (scene_.is_lost()) return;
    read_all();
    scene_.close();
  }

  void read_all() {
    View view;
    Moments moments{history_.tick(), 0, scene_.clock_ms(), 0};
    for (size_t key = 0; key < plan_.keys.size(); ++key) {
      const auto found = scene_.store().get(plan_.keys[key]);
      if (!found.ok()) return scene_.give_up("at the end: " + to_string(found.error()));
      const auto value = *found ? value_of(plan_.kinds[key], **found) : kAbsent;
      if (!value) return scene_.give_up("at the end a key has bytes that nobody wrote: " + plan_.keys[key]);
      view[key] = *value;
    }
    moments.end = history_.tick();
    moments.clock_last_ms = std::max(scene_.clock_ms(), scene_.earlier_clock_ms());
    history_.add_view(view, moments);
  }

  const Plan plan_;
  Conditions conditions_;
  History history_;
  Scene scene_;
  Trouble trouble_;
  engine::Random random_;
  std::vector<std::unique_ptr<Client>> clients_;
  uint64_t calls_ = 0;
};

}  // namespace

Report run(uint64_t seed, uint64_t calls) {
  const SeedInSight seed_in_sight(seed);
  return Run(seed, calls).run();
}

}  // namespace coppice::simulation
