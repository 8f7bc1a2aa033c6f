// A directory that is gone while its store is open, as when its disk was unmounted.
#include <filesystem>

#include "engine/io/posix_file.hpp"
#include "tests/actors/store_fixture.hpp"
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

}  // namespace
}  // namespace coppice::actors
