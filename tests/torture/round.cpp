#include "tests/torture/round.hpp"

#include <thread>
#include <vector>

#include "tests/torture/last_look.hpp"

namespace coppice::torture {
namespace {

/// All threads of a round but the injector's.
class Crew {
public:
  Crew(Stage& stage, std::vector<std::unique_ptr<Worker>>& workers, Keeper& keeper) : stage_(stage) {
    for (const auto& worker : workers) threads_.emplace_back([&each = *worker] { each.run(); });
    threads_.emplace_back([&keeper] { keeper.run(); });
  }
  ~Crew() { dismiss(); }
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  void dismiss() {
    stage_.end();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

private:
  Stage& stage_;
  std::vector<std::thread> threads_;
};

}  // namespace

bool run_round(const RoundOptions& options, Report& report) {
  Report mine;
  Stage stage(mine);
  Place place;
  const Settings settings = draw_settings(options.seed);
  SharedNumbers shared(settings.groups);
  std::vector<std::unique_ptr<Worker>> workers;
  for (int i = 0; i < options.clients; ++i)
    workers.push_back(std::make_unique<Worker>(stage, shared, settings, options.seed, i));
  Keeper keeper(stage, shared, workers, options.seed);
  Node node(place, settings);
  Injector injector(stage, place, node, settings, {options.writes, options.calls}, options.seed);
  if (injector.start(true)) {
    Crew crew(stage, workers, keeper);
    injector.run(options.injections);
    injector.release_stalled();
    // A node that was stopped or hangs answers nobody: its clients end with it.
    if (mine.failed() && node.is_begun()) node.kill();
    crew.dismiss();
  }
  if (!mine.failed() && node.is_alive()) {
    Stream draw(options.seed, "last look");
    LastLook(stage, place, node, injector, settings, shared, workers).look(keeper.kept(), draw);
  }
  if (node.is_begun()) node.kill();
  if (mine.failed())
    mine.violation("seed " + std::to_string(options.seed) + " did this, with " + settings.text() +
                   "; what is left is in " + place.keep(options.seed) +
                   "; the node's last words: " + node.errors());
  report.add(mine);
  return !mine.failed();
}

}  // namespace coppice::torture
