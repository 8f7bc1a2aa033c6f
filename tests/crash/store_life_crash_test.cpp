// Fails, kills or takes the power at every n-th file operation of a store's life: what was acknowledged is there, what has expired is
// not, and a checkpoint is whole or known for what it is.
#include <cstdlib>

#include <gmock/gmock.h>

#include "actors/store_paths.hpp"
#include "tests/crash/ending.hpp"
#include "tests/crash/store_life.hpp"
#include "tests/support/keys.hpp"
#include "tests/support/sanitized.hpp"

namespace coppice::actors {
namespace {

using engine::Ending;
using engine::MemoryFileSystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Holdings = StoreLife::Holdings;
using Items = std::map<Bytes, Bytes>;

/// What is there, and the store's clock before and behind the look.
struct Sight {
  Items items;
  uint64_t from_ms = 0;
  uint64_t to_ms = 0;
};

Sight look(Store& store) {
  Sight sight;
  sight.from_ms = store.expiry_after(0);
  auto scan = store.scan({});
  EXPECT_TRUE(scan.ok()) << to_string(scan.error());
  for (bool last = !scan.ok(); !last;) {
    const Result<Page> page = (*scan)->next();
    EXPECT_TRUE(page.ok()) << to_string(page.error());
    if (!page.ok()) break;
    for (size_t i = 0; i < page->count(); ++i) sight.items.emplace(page->key(i), page->value(i));
    last = page->last;
  }
  sight.to_ms = store.expiry_after(0);
  return sight;
}

bool shows(const Sight& sight, const Holdings& holdings) {
  size_t seen = 0;
  for (const auto& [key, held] : holdings) {
    const auto found = sight.items.find(key);
    if (found == sight.items.end() ? held.expiry_ms > sight.to_ms : held.expiry_ms <= sight.from_ms)
      return false;
    if (found == sight.items.end()) continue;
    if (found->second != held.value) return false;
    ++seen;
  }
  return seen == sight.items.size();
}

class StoreLifeCrashTest : public ::testing::TestWithParam<Ending> {
protected:
  /// In one order of what the store's threads do; in more with COPPICE_EVERY.
  static void try_every_operation(const engine::KeyRing& keys) {
    const uint64_t orders = std::getenv("COPPICE_EVERY") == nullptr ? 1 : 20;
    for (uint64_t seed = 1; seed <= orders; ++seed) try_every_operation(keys, seed);
  }
  static void try_every_operation(const engine::KeyRing& keys, uint64_t seed) {
    // Under a sanitizer each takes ten times as long.
    constexpr uint64_t kStep = COPPICE_SANITIZED ? 7 : 1;
    bool whole_life = false;
    uint64_t after = 0;
    for (; !whole_life && !HasFailure(); after += kStep) {
      SCOPED_TRACE("operation " + std::to_string(after) + ", seed " + std::to_string(seed));
      MemoryFileSystem files;
      StoreLife life(files, keys, seed);
      arm(GetParam(), files, after);
      life.live();
      life.store.reset();
      whole_life = files.operation_count() <= after;
      end(GetParam(), files, after);
      ask(files, life, after);
      if (!whole_life) continue;
      EXPECT_EQ(life.copies.size(), 3u);
      for (const StoreLife::Copy& copy : life.copies) EXPECT_TRUE(copy.was_made) << copy.directory;
    }
    EXPECT_GT(after, 500u);
  }

  static void ask(MemoryFileSystem& files, StoreLife& life, uint64_t after) {
    // The store's next start removes what it began as its checkpoints and did not end; so some are looked at before.
    const bool copies_first = after % 2 == 0;
    if (copies_first) ask_copies(files, life);
    open(life);
    if (life.store == nullptr) return;
    const size_t least = engine::keeps_only_what_was_synced(GetParam()) ? life.synced : life.buffered;
    const Sight sight = look(*life.store);
    std::vector<Holdings> possible(life.states.begin() + static_cast<std::ptrdiff_t>(least),
                                   life.states.end());
    possible.insert(possible.end(), life.parts.begin(), life.parts.end());
    const auto found = std::ranges::find_if(possible, [&](const Holdings& one) { return shows(sight, one); });
    ASSERT_NE(found, possible.end()) << "of " << life.states.size() - 1 << " steps " << least
                                     << " had to be kept; there is " << ::testing::PrintToString(sight.items);
    life.store.reset();
    if (!copies_first) ask_copies(files, life);

    files.crash();
    open(life);
    if (life.store == nullptr) return;
    EXPECT_TRUE(shows(look(*life.store), *found)) << "what was seen does not stay";

    // Life goes on, and neither merges nor openings bring back what has expired.
    life.states = {*found};
    EXPECT_TRUE(life.write({{"f", StoreLife::kForEver}, {"v", StoreLife::kForEver}}));
    EXPECT_TRUE(life.store->compact().ok());
    EXPECT_THAT(life.store->verify()->problems, IsEmpty());
    EXPECT_TRUE(life.store->close().ok());
    life.store.reset();
    open(life);
    if (life.store == nullptr) return;
    EXPECT_TRUE(shows(look(*life.store), life.states.back()));
  }

  static void open(StoreLife& life) {
    const Status opened = life.open();
    EXPECT_TRUE(opened.ok()) << to_string(opened.error());
  }

  static void ask_copies(MemoryFileSystem& files, StoreLife& life) {
    for (const StoreLife::Copy& copy : life.copies) {
      SCOPED_TRACE(copy.directory);
      life.options.directory = copy.directory;
      if (*files.exists(map_path(copy.directory))) {
        open(life);
        if (life.store == nullptr) return;
        EXPECT_TRUE(shows(look(*life.store), copy.holdings));
        life.store.reset();
      } else {
        EXPECT_FALSE(copy.was_made);
        ask_unfinished(files, life.options);
      }
    }
    life.options.directory = "/store";
  }
  /// It is nothing, or refused for what it is.
  static void ask_unfinished(MemoryFileSystem& files, const StoreOptions& options) {
    const auto names = files.list(options.directory);
    if (!names.ok() || names->empty()) return;
    const auto opened = Store::open(options);
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().code, Errc::invalid_argument);
    EXPECT_THAT(opened.error().text, HasSubstr("cut short"));
  }
};

TEST_P(StoreLifeCrashTest, WhatWasAcknowledgedIsThereAndWhatExpiredIsNot) { try_every_operation({}); }

TEST_P(StoreLifeCrashTest, AnEncryptedStoreKeepsNoLess) { try_every_operation(engine::ring('a')); }

INSTANTIATE_TEST_SUITE_P(All, StoreLifeCrashTest, engine::every_ending(), engine::ending_name);

}  // namespace
}  // namespace coppice::actors
