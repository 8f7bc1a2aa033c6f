// One shard on a tree in memory, driven by hand.
#pragma once

#include <gtest/gtest.h>

#include "actors/shard.hpp"
#include "engine/table/block_cache.hpp"
#include "engine/tree.hpp"
#include "tests/actors/manual_host.hpp"
#include "tests/support/event_recorder.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/memory_file_system.hpp"

namespace coppice::actors {

class ShardFixture : public testing::Test {
protected:
  ShardFixture() {
    options.memtable_size = 64 << 10;
    options.sealed_memtables_max = 1;
    EXPECT_TRUE(files.make_directory("/tree").ok());
    EXPECT_TRUE(engine::Tree::create(env, "/tree", {}).ok());
    open();
    shard->adopt({}, {});
  }
  ~ShardFixture() override {
    if (shard == nullptr) return;
    shard->fail({Errc::cancelled, "the test ends"});
    host.settle(*shard);
  }

  void open(uint64_t unsettled = 0) {
    auto tree = engine::Tree::open(env, "/tree", options);
    ASSERT_TRUE(tree.ok()) << to_string(tree.error());
    port = std::make_shared<ShardPort>(1, KeyRange{}, (*tree)->reader(), ShardQueue::Limits{}, [] {});
    shard = std::make_unique<Shard>(host, clock, port, std::move(*tree), unsettled);
  }

  /// A write that waits in the queue.
  Answer<Timestamp>* push(ByteView key, ByteView value = "v", Durability durability = Durability::synced) {
    Answer<Timestamp>* answer = answers.emplace_back(std::make_unique<Answer<Timestamp>>()).get();
    auto request = std::make_unique<WriteRequest>();
    EXPECT_TRUE(request->batch.put(key, value).ok());
    request->durability = durability;
    request->done = answer->done();
    EXPECT_EQ(port->queue.push(request), ShardQueue::Push::taken);
    return answer;
  }
  Answer<Timestamp>* write(ByteView key, ByteView value = "v", Durability durability = Durability::buffered) {
    Answer<Timestamp>* answer = push(key, value, durability);
    shard->turn();
    return answer;
  }

  std::optional<Bytes> get(ByteView key, std::optional<Timestamp> at = std::nullopt) {
    return *port->reader->get(key, {at, false});
  }

  static RangeMergeHandle merge_of_all() {
    return std::make_shared<RangeMerge>(1, KeyRange{}, [] {});
  }

  /// Fills memtables until the tree takes no more; flushes are not run.
  void fill() {
    for (int i = 0; i < 40; ++i) {
      write("fill" + std::to_string(i), Bytes(8 << 10, 'f'));
      while (!host.apart.empty()) host.run_one_apart(*shard);
    }
  }

  engine::MemoryFileSystem files;
  engine::BlockCache cache{1 << 20};
  /// For trees that are opened with it in `env`.
  engine::FakeClock wall;
  engine::EventRecorder recorder;
  engine::TreeEnv env{.files = files, .cache = cache, .seed = 7, .watch = {.listener = &recorder}};
  engine::TreeShape options;
  HybridClock clock;
  ManualHost host;
  std::vector<std::unique_ptr<Answer<Timestamp>>> answers;
  std::shared_ptr<ShardPort> port;
  std::unique_ptr<Shard> shard;
};

}  // namespace coppice::actors
