// Random operations on a tree and on a std::map: after each, both say the same.
#include "tests/model/tree_model.hpp"

#include "tests/support/memory_file_system.hpp"
#include "tests/support/seed.hpp"
#include "tests/support/two_disks.hpp"

namespace coppice::engine {
namespace {

TEST(TreeModelTest, SaysWhatAMapSays) {
  const uint64_t seed = test_seed();
  SCOPED_TRACE("COPPICE_SEED=" + std::to_string(seed));
  MemoryFileSystem files;
  TreeModel model(files, "/tree", seed);
  for (int step = 0; step < 40'000; ++step) {
    SCOPED_TRACE("step " + std::to_string(step));
    model.step();
    if (::testing::Test::HasFailure()) return;
  }
  model.compare_all();
  EXPECT_GE(model.deepest(), 2u) << "deletes above keys two levels down are not tried";
  EXPECT_GE(model.tables_dropped(), 1u) << "tables under a range delete are not tried";
  EXPECT_GE(model.stopped(), 1u) << "merges that are stopped are not tried";
  EXPECT_GE(model.flush_steps(), 1u) << "memtables that are flushed in steps are not tried";
  EXPECT_GE(model.expired(), 100u) << "hardly anything expires";
}

TEST(TreeModelTest, SaysWhatAMapSaidInsideOfItsHistory) {
  const uint64_t seed = test_seed();
  SCOPED_TRACE("COPPICE_SEED=" + std::to_string(seed));
  MemoryFileSystem files;
  TreeModel model(files, "/tree", seed, 0, 4000);
  for (int step = 0; step < 20'000; ++step) {
    SCOPED_TRACE("step " + std::to_string(step));
    model.step();
    if (::testing::Test::HasFailure()) return;
  }
  model.compare_all();
  EXPECT_GE(model.histories(), 40u) << "moments of history are hardly read";
}

TEST(TreeModelTest, SaysTheSameWithValuesApart) {
  constexpr size_t kThreshold = 64;
  const uint64_t seed = test_seed();
  SCOPED_TRACE("COPPICE_SEED=" + std::to_string(seed));
  MemoryFileSystem files;
  TreeModel model(files, "/tree", seed, kThreshold);
  uint64_t most = 0;
  for (int step = 0; step < 20'000; ++step) {
    SCOPED_TRACE("step " + std::to_string(step));
    model.step();
    if (step % 1000 == 0) most = std::max(most, model.values_apart());
    if (::testing::Test::HasFailure()) return;
  }
  model.compare_all();
  EXPECT_GE(most, 100u);
}

TEST(TreeModelTest, SaysTheSameInMemory) {
  const uint64_t seed = test_seed();
  SCOPED_TRACE("COPPICE_SEED=" + std::to_string(seed));
  MemoryFileSystem files;
  const MemoryEngine in_memory;
  TreeModel model(files, "/tree", seed, 0, 0, &in_memory);
  for (int step = 0; step < 20'000; ++step) {
    SCOPED_TRACE("step " + std::to_string(step));
    model.step();
    if (::testing::Test::HasFailure()) return;
  }
  model.compare_all();
  EXPECT_GE(model.expired(), 50u) << "hardly anything expires";
}

TEST(TreeModelTest, SaysTheSameInTwoDirectories) {
  constexpr size_t kThreshold = 64;
  const uint64_t seed = test_seed();
  SCOPED_TRACE("COPPICE_SEED=" + std::to_string(seed));
  MemoryFileSystem memory;
  ASSERT_TRUE(memory.make_directory("/slow").ok());
  TwoDisks files(memory, "/slow");
  TreeModel model(files, "/tree", seed, kThreshold, 0, nullptr, "/slow/tree");
  for (int step = 0; step < 20'000; ++step) {
    SCOPED_TRACE("step " + std::to_string(step));
    model.step();
    if (::testing::Test::HasFailure()) return;
  }
  model.compare_all();
  EXPECT_GE(model.cold_files(), 3u) << "files in the second directory are not tried";
  model.bring_back();
}

}  // namespace
}  // namespace coppice::engine
