// A small life of a whole store, in all that its other crash tests leave out: puts that expire, files that are taken in over shards,
// checkpoints, and merges by hand.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "actors/store.hpp"
#include "tests/simulation/virtual_platform.hpp"
#include "tests/support/memory_file_system.hpp"
#include "tests/support/sorted_files.hpp"

namespace coppice::actors {

/// Of two shards, cut at "m". All of it runs on one thread, in an order of things that `seed` decides, so the nth file operation is
/// the same one each time. Time goes by when the life says so, and a little by itself.
class StoreLife {
public:
  static constexpr uint64_t kForEver = UINT64_MAX;

  struct Held {
    Bytes value;
    uint64_t expiry_ms = kForEver;
  };
  using Holdings = std::map<Bytes, Held>;
  struct Copy {
    std::string directory;
    /// What it is to hold.
    Holdings holdings;
    bool was_made = false;
  };

  StoreLife(engine::MemoryFileSystem& in, const engine::KeyRing& keys, uint64_t seed)
      : files(in), platform(seed) {
    options.directory = "/store";
    options.boundaries = {"m"};
    options.memory = 4 << 20;
    options.tree.memtable_size = 64 << 10;
    options.keys = keys;
    options.files = &files;
    options.platform = &platform;
    states.emplace_back();
  }

  /// Until something fails that it cannot do without.
  void live() {
    if (!open().ok()) return;
    for (int round = 0; round < 2; ++round) {
      if (!write({{"a", kForEver}, {"b", 1'500}, {"y", 1'500}, {"z", kForEver}})) return;
      if (!write({{"c", 9'000}, {"d", kForEver}}, Durability::buffered)) return;
      platform.move_wall(1'000);
      copy("/store/checkpoints/" + std::to_string(round));
      // Over a put that is for ever, and over one that has expired by then.
      if (!write({{"a", 700}, {"w", kForEver}, {"z", 700}})) return;
      platform.move_wall(1'000);
      if (!write({{"b", kForEver}, {"x", 700}, {"y", kForEver}})) return;
      if (!ingest({{"c", number()}, {"e", number()}, {"w", std::nullopt}, {"z", number()}})) return;
      if (!write({{"d", 300}}, Durability::buffered)) return;
      platform.move_wall(1'000);
      (void)store->compact();
      if (round == 0 && !reopen()) return;
      if (!write({{"a", kForEver}, {"e", 9'000}, {"u", kForEver}})) return;
    }
    copy("/copy");
    (void)reopen();
  }

  Status open() {
    COPPICE_TRY_ASSIGN(opened, Store::open(options));
    store = std::move(opened);
    return success();
  }
  bool write(const std::vector<std::pair<Bytes, uint64_t>>& lives,
             Durability durability = Durability::synced) {
    engine::Batch batch;
    Holdings next = states.back();
    for (const auto& [key, ttl_ms] : lives) {
      const uint64_t expiry_ms = ttl_ms == kForEver ? kForEver : store->expiry_after(ttl_ms);
      EXPECT_TRUE(
          (ttl_ms == kForEver ? batch.put(key, number()) : batch.put_until(key, number(), expiry_ms)).ok());
      next.insert_or_assign(key, Held{number(), expiry_ms});
    }
    states.push_back(std::move(next));
    if (!store->write(std::move(batch), durability).ok()) return false;
    buffered = states.size() - 1;
    if (durability == Durability::synced) synced = buffered;
    return true;
  }

  engine::MemoryFileSystem& files;
  StoreOptions options;
  /// What is there after each step, from nothing on.
  std::vector<Holdings> states;
  /// Of an ingest that was not acknowledged, what is there if one shard has its part and the other has not.
  std::vector<Holdings> parts;
  std::vector<Copy> copies;
  size_t synced = 0;
  size_t buffered = 0;

  // Outlives the store.
  simulation::VirtualPlatform platform;
  std::unique_ptr<Store> store;

private:
  std::string number() const { return std::to_string(states.size()); }

  void copy(const std::string& directory) {
    copies.push_back({directory, states.back()});
    copies.back().was_made = store->checkpoint(directory).ok();
  }
  bool ingest(const engine::SortedItems& items) {
    const std::string path = "/file" + number();
    if (!engine::build_file(files, path, items, {.keys = options.keys, .seed = states.size()}).ok())
      return false;
    Holdings all = states.back();
    parts = {all, all};
    for (const auto& [key, value] : items) {
      for (Holdings* holdings : {&all, &parts[key < options.boundaries[0] ? 0 : 1]}) {
        holdings->erase(key);
        if (value) holdings->emplace(key, Held{*value});
      }
    }
    states.push_back(std::move(all));
    if (!store->ingest({path}).ok()) return false;
    parts.clear();
    synced = buffered = states.size() - 1;
    return true;
  }
  bool reopen() {
    const bool closed = store->close().ok();
    store.reset();
    if (!closed) return false;
    synced = buffered = states.size() - 1;
    return open().ok();
  }
};

}  // namespace coppice::actors
