// A directory that is gone while its store is open, as when its disk was unmounted.
#include <filesystem>

#include "engine/io/posix_file.hpp"
#include "tests/actors/store_fixture.hpp"
#include "tests/support/memory_file_system.hpp"
#include "tests/support/sorted_files.hpp"

namespace coppice::actors {
namespace {

namespace fs = std::filesystem;

class StoreVanishedTest : public StoreFixture {
protected:
  StoreVanishedTest() { open(); }

  void vanish() { fs::rename(options.directory, elsewhere()); }
  void come_back() { fs::rename(elsewhere(), options.directory); }
  std::string elsewhere() const { return directory.path() + "/elsewhere"; }
};

TEST_F(StoreVanishedTest, NothingIsMadeInItsPlace) {
  put("a", "1");
  put("b", "1");
  ASSERT_TRUE(store->flush().ok());
  engine::PosixFileSystem files;
  const std::string sorted = directory.path() + "/sorted";
  ASSERT_TRUE(engine::build_file(files, sorted, {{"c", "1"}}).ok());

  vanish();
  EXPECT_EQ(store->ingest({sorted}).status().error().code, Errc::not_found);
  EXPECT_EQ(store->checkpoint(options.directory + "/checkpoints/now").status().error().code, Errc::not_found);
  EXPECT_FALSE(store->split("b").ok());
  EXPECT_FALSE(fs::exists(options.directory));

  come_back();
  EXPECT_EQ(get("a"), "1");
}

/// In memory, where it vanishes at a place of its own.
class StoreVanishingTest : public StoreFixture {
protected:
  StoreVanishingTest() {
    options.files = &files;
    options.directory = "/store";
  }
  ~StoreVanishingTest() override { store.reset(); }

  engine::MemoryFileSystem files;
};

TEST_F(StoreVanishingTest, NothingIsMadeAnewAmidACall) {
  ASSERT_TRUE(engine::build_file(files, "/sorted", {{"c", "1"}}).ok());
  uint64_t tried = 0;
  const std::vector<std::function<bool()>> calls{
      [this] { return store->ingest({"/sorted"}).ok(); },
      [this] { return store->checkpoint("/store/checkpoints/now").ok(); },
      [this] { return store->split("b").ok(); },
  };
  for (const auto& call : calls) {
    bool succeeded = false;
    for (uint64_t after = 0; !succeeded; ++after, ++tried) {
      SCOPED_TRACE("operation " + std::to_string(after));
      open();
      put("a", "1");
      put("b", "1");
      ASSERT_TRUE(store->flush().ok());
      files.vanish_after(after, "/store");
      succeeded = call();
      // Whatever else the store was about is done.
      (void)store->close();
      store.reset();
      const auto there = files.exists("/store");
      EXPECT_FALSE(*there && !succeeded);
      files.heal();
      ASSERT_TRUE(files.remove_tree("/store").ok());
      if (HasFailure()) return;
    }
  }
  EXPECT_GT(tried, 60u);
}

}  // namespace
}  // namespace coppice::actors
