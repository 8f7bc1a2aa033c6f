// A node on a free port of this machine, over a store in a directory of its own.
#pragma once

#include <chrono>
#include <functional>
#include <thread>

#include <gtest/gtest.h>

#include "actors/store.hpp"
#include "cluster/client/client.hpp"
#include "cluster/node/node.hpp"
#include "tests/support/temporary_directory.hpp"

namespace coppice::cluster {

class NodeTest : public testing::Test {
protected:
  /// Call once, after options are set.
  void start() {
    actors::StoreOptions store_options;
    store_options.directory = directory.path() + "/store";
    store_options.boundaries = boundaries;
    store_options.tree.memtable_size = 1 << 20;
    store_options.tree.retention_ms = retention_ms;
    store_options.memory = 8 << 20;
    auto opened = actors::Store::open(store_options);
    ASSERT_TRUE(opened.ok()) << to_string(opened.error());
    store = *std::move(opened);
    options.listen.port = 0;
    auto started = Node::start(*store, options);
    ASSERT_TRUE(started.ok()) << to_string(started.error());
    node = *std::move(started);
  }

  std::unique_ptr<client::Client> connect(const client::ClientOptions& client_options = {}) {
    auto connected = client::Client::connect(wire::to_string(node->address()), client_options);
    if (connected.ok()) return *std::move(connected);
    ADD_FAILURE() << to_string(connected.error());
    return nullptr;
  }

  /// Runs `check` until it is true, for what another thread will do in a moment. False after ten seconds.
  static bool eventually(const std::function<bool()>& check) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!check()) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::yield();
    }
    return true;
  }

  /// Keys "k000000" on, each with `value`, buffered.
  static void fill(client::Client& client, size_t count, const Bytes& value) {
    for (size_t begin = 0; begin < count; begin += 500) {
      client::Batch batch;
      for (size_t i = begin; i < std::min(count, begin + 500); ++i)
        ASSERT_TRUE(batch.put(key(i), value).ok());
      ASSERT_TRUE(
          client.write_async(batch, Durability::buffered, [](auto written) { EXPECT_TRUE(written.ok()); })
              .ok());
    }
    ASSERT_TRUE(client.wait().ok());
  }

  static Bytes key(size_t number) {
    Bytes digits = std::to_string(number);
    return "k" + Bytes(6 - digits.size(), '0') + digits;
  }

  const engine::TemporaryDirectory directory;
  uint64_t retention_ms = 0;
  std::vector<Bytes> boundaries = {"g", "k002000", "p"};
  NodeOptions options;
  std::unique_ptr<actors::Store> store;
  std::unique_ptr<Node> node;
};

}  // namespace coppice::cluster
