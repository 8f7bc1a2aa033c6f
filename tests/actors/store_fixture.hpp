// A store in a temporary directory, and verbs for using it.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "actors/store.hpp"
#include "tests/support/temporary_directory.hpp"

namespace coppice::actors {

using Entries = std::vector<std::pair<Bytes, Bytes>>;

class StoreFixture : public testing::Test {
protected:
  StoreFixture() {
    options.directory = directory.path() + "/store";
    options.memory = 4 << 20;
    options.scheduler_threads = 2;
    options.tree.memtable_size = 64 << 10;
  }

  void open() {
    Result<std::unique_ptr<Store>> opened = Store::open(options);
    ASSERT_TRUE(opened.ok()) << to_string(opened.error());
    store = std::move(*opened);
  }

  void reopen() {
    const Status closed = store->close();
    ASSERT_TRUE(closed.ok()) << to_string(closed.error());
    store.reset();
    open();
  }

  void put(ByteView key, ByteView value) {
    const Result<Timestamp> done = store->put(key, value, Durability::buffered);
    ASSERT_TRUE(done.ok()) << to_string(done.error());
  }

  std::optional<Bytes> get(ByteView key) {
    const Result<std::optional<Bytes>> value = store->get(key);
    EXPECT_TRUE(value.ok()) << to_string(value.error());
    return value.ok() ? *value : std::nullopt;
  }

  Entries dump(const ScanOptions& scan_options = {}) {
    Entries entries;
    Result<std::unique_ptr<Scan>> scan = store->scan(scan_options);
    EXPECT_TRUE(scan.ok()) << to_string(scan.error());
    for (bool last = !scan.ok(); !last;) {
      const Result<Page> page = (*scan)->next();
      EXPECT_TRUE(page.ok()) << to_string(page.error());
      if (!page.ok()) break;
      for (size_t i = 0; i < page->count(); ++i) entries.emplace_back(page->key(i), page->value(i));
      last = page->last;
    }
    return entries;
  }

  Entries dump_at(const SnapshotHandle& snapshot) {
    ScanOptions scan_options;
    scan_options.snapshot = snapshot;
    return dump(scan_options);
  }

  engine::TemporaryDirectory directory;
  StoreOptions options;
  std::unique_ptr<Store> store;
};

}  // namespace coppice::actors
