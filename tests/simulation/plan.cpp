#include "tests/simulation/plan.hpp"

#include <algorithm>

#include "engine/base/random.hpp"

namespace coppice::simulation {
namespace {

using engine::Random;

/// One of the values.
template <class T>
T one_of(Random& random, std::initializer_list<T> values) {
  return *(values.begin() + random.below(values.size()));
}

Bytes letter(uint64_t index) { return Bytes(1, static_cast<char>('a' + index)); }

engine::TreeOptions tree_options(Random& random) {
  engine::TreeOptions tree;
  tree.memtable_size = 64 << 10;
  tree.block_size = one_of<size_t>(random, {1024, 4096});
  tree.value_threshold = one_of<size_t>(random, {0, 0, 64, 500});
  tree.compression = {one_of(random, {engine::Compression::none, engine::Compression::lz4})};
  tree.merge_policy = one_of(random, {engine::MergePolicy::leveled, engine::MergePolicy::tiered});
  tree.min_compaction_files = one_of<uint32_t>(random, {2, 4});
  tree.merge_threshold_percent = one_of<uint32_t>(random, {25, 100});
  return tree;
}

actors::StoreOptions store_options(Random& random) {
  actors::StoreOptions options;
  options.directory = "/disk/store";
  const uint64_t cuts = random.below(4);
  for (uint64_t i = 1; i <= cuts; ++i) options.boundaries.push_back(letter(26 * i / (cuts + 1)));
  options.tree = tree_options(random);
  options.memory = one_of<size_t>(random, {1 << 20, 4 << 20});
  options.compactor_threads = one_of<uint32_t>(random, {1, 2});
  options.reader_threads = one_of<uint32_t>(random, {1, 2});
  options.merge_interval_ms = one_of<uint32_t>(random, {0, 0, 10, 500});
  options.merging = one_of(
      random, {engine::Merging::on, engine::Merging::on, engine::Merging::on, engine::Merging::paused});
  options.queue_operations_max = one_of<uint32_t>(random, {4, 64, 1 << 20});
  return options;
}

}  // namespace

uint64_t seed_of(uint64_t seed, Stream stream, uint64_t index) {
  return engine::mix(engine::mix(seed) + (static_cast<uint64_t>(stream) << 32) + index);
}

Plan::Plan(uint64_t of_seed, uint64_t calls) : seed(of_seed), call_count(calls) {
  Random random(seed_of(seed, Stream::plan));
  client_count = 3 + random.below(10);

  struct Named {
    Bytes name;
    std::optional<size_t> group;
    bool is_soft = false;
    KeyKind kind = KeyKind::bytes;
  };
  std::vector<Named> named;
  const uint64_t loose_count = 20 + random.below(80);
  for (uint64_t i = 0; i < loose_count; ++i)
    named.push_back({letter(i % 26) + "a" + std::to_string(10 + i / 26), std::nullopt});
  const uint64_t soft_count = 1 + random.below(4);
  for (uint64_t i = 0; i < soft_count; ++i)
    named.push_back({letter(26 * i / soft_count) + "s0", std::nullopt, true});
  const uint64_t operand_count = 3 + random.below(6);
  for (uint64_t i = 0; i < operand_count; ++i)
    named.push_back({letter(26 * i / operand_count) + "an" + std::to_string(i), std::nullopt, false,
                     static_cast<KeyKind>(1 + i % 3)});
  const uint64_t group_count = 2 + random.below(4);
  for (uint64_t group = 0; group < group_count; ++group) {
    const uint64_t size = 2 + random.below(4);
    // Some lie close together, others all over the store.
    const bool is_close = random.one_in(3);
    const uint64_t first = random.below(26);
    const KeyKind kind = group % 2 == 0 ? KeyKind::bytes : KeyKind::sum;
    for (uint64_t i = 0; i < size; ++i)
      named.push_back({letter(is_close ? first : (first + 26 * i / size) % 26) + "g" + std::to_string(group) +
                           std::to_string(i),
                       group, false, kind});
  }
  std::ranges::sort(named, {}, &Named::name);
  groups.resize(group_count);
  for (size_t i = 0; i < named.size(); ++i) {
    keys.push_back(named[i].name);
    kinds.push_back(named[i].kind);
    if (named[i].group) {
      groups[*named[i].group].keys.push_back(i);
    } else if (named[i].kind != KeyKind::bytes) {
      operand_keys.push_back(i);
    } else {
      (named[i].is_soft ? soft_keys : loose_keys).push_back(i);
    }
  }

  const auto weigh = [&](Call call, uint64_t most) {
    weights[static_cast<size_t>(call)] = 1 + random.below(most);
  };
  weigh(Call::put, 60);
  weigh(Call::remove, 8);
  weigh(Call::batch, 20);
  weigh(Call::group, 30);
  weigh(Call::delete_range, 3);
  weigh(Call::exchange, 10);
  weigh(Call::operand, 40);
  weigh(Call::get, 60);
  weigh(Call::get_many, 15);
  weigh(Call::scan, 10);
  weigh(Call::snapshot, 8);
  weigh(Call::read_snapshot, 25);
  weigh(Call::flush, 3);
  weigh(Call::compact, 2);
  weigh(Call::cancel_merge, 2);
  weigh(Call::ingest, 3);
  weigh(Call::checkpoint, 2);
  weigh(Call::split, 2);
  weigh(Call::merging, 2);

  value_size_max = one_of<size_t>(random, {30, 600, 3000, 12'000});
  split_count_max = 2 + random.below(5);
  trouble_one_in = one_of<uint64_t>(random, {300, 1000, 3000});
  options = store_options(random);
}

}  // namespace coppice::simulation
