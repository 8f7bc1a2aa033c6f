// Fails, kills or takes the power at every n-th file operation of a life in which files are ingested.
#include <gtest/gtest.h>

#include "tests/crash/ending.hpp"
#include "tests/support/keys.hpp"
#include "tests/support/sorted_files.hpp"

namespace coppice::engine {
namespace {

using Items = TreeStand::Items;

/// Writes that are not synced lie before every ingest, so that one which is kept must have kept them.
class IngestingLife {
public:
  IngestingLife(FileSystem& in, const KeyRing& keys) : files(in), stand(in) {
    stand.keys = keys;
    states.emplace_back();
  }

  void live() {
    if (!stand.create().ok()) return;
    was_created = true;
    if (!stand.open().ok()) return;
    for (int round = 0; round < 2; ++round) {
      // Beside the file, and where it comes to lie.
      if (!put("z", Durability::buffered) || !put("c", Durability::buffered)) return;
      if (!ingest({{"a", number()}, {"c", number()}, {"e", std::nullopt}})) return;
      if (!put("a", Durability::synced) || !put("y", Durability::buffered)) return;
      if (!ingest({{"m", number()}, {"n", number()}})) return;
      if (!put("e", Durability::buffered) || !work(stand.flush())) return;
      if (round == 0 && !reopen()) return;
    }
    if (!work(stand.compact())) return;
    (void)reopen();
  }

  FileSystem& files;
  TreeStand stand;
  std::vector<Items> states;
  bool was_created = false;
  size_t synced = 0;
  size_t buffered = 0;
  size_t ingested = 0;

private:
  std::string number() const { return std::to_string(states.size()); }
  bool work(const Status& status) { return status.ok() || !stand.tree->broken(); }

  bool reopen() {
    if (!stand.tree->close().ok()) return false;
    synced = buffered = states.size() - 1;
    return stand.open().ok();
  }
  bool put(const Bytes& key, Durability durability) {
    Items next = states.back();
    next.insert_or_assign(key, number());
    Batch batch;
    EXPECT_TRUE(batch.put(key, number()).ok());
    states.push_back(std::move(next));
    if (!stand.write(batch, durability).ok()) return false;
    buffered = states.size() - 1;
    if (durability == Durability::synced) synced = buffered;
    return true;
  }
  bool ingest(const SortedItems& items) {
    const std::string path = "/file" + number();
    Items next = states.back();
    for (const auto& [key, value] : items) {
      if (value) {
        next.insert_or_assign(key, *value);
      } else {
        next.erase(key);
      }
    }
    if (!build_file(files, path, items, {.keys = stand.keys, .seed = states.size()}).ok()) return false;
    states.push_back(std::move(next));
    if (const Status done = ingest_file(files, stand, path); !done.ok()) {
      // Refused, it is as if nothing had been asked.
      if (stand.tree->broken()) return false;
      states.pop_back();
      return true;
    }
    ++ingested;
    synced = buffered = states.size() - 1;
    return true;
  }
};

class IngestCrashTest : public ::testing::TestWithParam<Ending> {
protected:
  static void look_at(MemoryFileSystem& files, IngestingLife& life) {
    const Status opened = life.stand.open();
    if (!life.was_created && !opened.ok()) return;
    ASSERT_TRUE(opened.ok()) << to_string(opened.error());
    const Items found = life.stand.items();
    const size_t least = keeps_only_what_was_synced(GetParam()) ? life.synced : life.buffered;
    const auto first = life.states.begin() + static_cast<std::ptrdiff_t>(least);
    ASSERT_NE(std::find(first, life.states.end(), found), life.states.end())
        << "of " << life.states.size() - 1 << " steps " << least << " had to be kept; there is "
        << ::testing::PrintToString(found) << " of " << ::testing::PrintToString(life.states.back());

    life.stand.drop();
    files.crash();
    ASSERT_TRUE(life.stand.open().ok());
    EXPECT_EQ(life.stand.items(), found);

    // A file may still be ingested, and all that there is be merged.
    ASSERT_TRUE(build_file(files, "/last", {{"a", "last"}}, {.keys = life.stand.keys}).ok());
    ASSERT_TRUE(ingest_file(files, life.stand, "/last").ok());
    ASSERT_TRUE(life.stand.compact().ok());
    ASSERT_TRUE(life.stand.tree->close().ok());
    ASSERT_TRUE(life.stand.open().ok());
    Items expected = found;
    expected.insert_or_assign("a", "last");
    EXPECT_EQ(life.stand.items(), expected);
  }

  static void try_every_operation(const KeyRing& keys) {
    bool whole_life = false;
    uint64_t after = 0;
    for (; !whole_life && !HasFatalFailure(); ++after) {
      SCOPED_TRACE("operation " + std::to_string(after));
      MemoryFileSystem files;
      IngestingLife life(files, keys);
      arm(GetParam(), files, after);
      life.live();
      life.stand.drop();
      whole_life = files.operation_count() <= after;
      EXPECT_TRUE(!whole_life || life.ingested == 4u);
      end(GetParam(), files, after);
      look_at(files, life);
    }
    EXPECT_GT(after, 100u);
  }
};

TEST_P(IngestCrashTest, AFileIsThereWholeOrNotAtAllAndWithAllThatCameBefore) { try_every_operation({}); }

TEST_P(IngestCrashTest, AnEncryptedTreeKeepsNoLess) { try_every_operation(ring('a')); }

INSTANTIATE_TEST_SUITE_P(All, IngestCrashTest, every_ending(), ending_name);

}  // namespace
}  // namespace coppice::engine
