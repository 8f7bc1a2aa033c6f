#include <array>

#include "tests/bench/tree_engine.hpp"

namespace coppice::bench {
namespace {

constexpr uint64_t kHour = 3'600'000;

std::unique_ptr<Engine> open_encrypted(const std::string& directory, const Settings& settings) {
  const std::array<char, engine::kSecretSize> secret{};
  TreeSetup setup = setup_of(settings);
  setup.keys = engine::KeyRing(engine::Key(secret), {});
  return open_tree_as(directory, setup);
}

template <engine::Compression kind>
std::unique_ptr<Engine> open_compressed(const std::string& directory, const Settings& settings) {
  TreeSetup setup = setup_of(settings);
  setup.options.compression = {kind};
  return open_tree_as(directory, setup);
}

std::unique_ptr<Engine> open_apart(const std::string& directory, const Settings& settings) {
  TreeSetup setup = setup_of(settings);
  setup.options.value_threshold = 64;
  return open_tree_as(directory, setup);
}

std::unique_ptr<Engine> open_expiring(const std::string& directory, const Settings& settings) {
  TreeSetup setup = setup_of(settings);
  setup.ttl_ms = kHour;
  return open_tree_as(directory, setup);
}

std::unique_ptr<Engine> open_history(const std::string& directory, const Settings& settings) {
  TreeSetup setup = setup_of(settings);
  setup.options.retention_ms = kHour;
  return open_tree_as(directory, setup);
}

std::unique_ptr<Engine> open_cold(const std::string& directory, const Settings& settings) {
  TreeSetup setup = setup_of(settings);
  setup.has_cold_directory = true;
  return open_tree_as(directory, setup);
}

template <Counting counting>
std::unique_ptr<Engine> open_counting(const std::string& directory, const Settings& settings) {
  TreeSetup setup = setup_of(settings);
  setup.counting = counting;
  return open_tree_as(directory, setup);
}

std::unique_ptr<Engine> open_unfiltered(const std::string& directory, const Settings& settings) {
  TreeSetup setup = setup_of(settings);
  setup.options.filter_false_positive_rate = 0;
  return open_tree_as(directory, setup);
}

std::unique_ptr<Engine> open_unwatched(const std::string& directory, const Settings& settings) {
  TreeSetup setup = setup_of(settings);
  setup.is_watched = false;
  return open_tree_as(directory, setup);
}

}  // namespace

const std::vector<Contender>& featured_trees() {
  static const std::vector<Contender> all{
      {"unwatched", open_unwatched, Role::feature},
      {"unfiltered", open_unfiltered, Role::feature},
      {"lz4", open_compressed<engine::Compression::lz4>, Role::feature},
      {"zstd", open_compressed<engine::Compression::zstd>, Role::feature},
      {"apart", open_apart, Role::feature},
      {"expiring", open_expiring, Role::feature},
      {"history", open_history, Role::feature},
      {"cold", open_cold, Role::feature},
      {"conditions", open_counting<Counting::compare_and_set>, Role::feature},
      {"operators", open_counting<Counting::merge>, Role::feature},
      {"encrypted", open_encrypted, Role::feature},
  };
  return all;
}

}  // namespace coppice::bench
