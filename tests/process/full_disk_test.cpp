// A disk that fills up while a node writes to it.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "tests/process/process_fixture.hpp"
#include "tests/support/small_disk.hpp"

namespace coppice::test {
namespace {

constexpr size_t kDiskSize = 40 << 20;

class FullDiskTest : public testing::Test {
protected:
  void SetUp() override {
    if (!disk.is_mounted()) GTEST_SKIP() << disk.problem();
  }
  /// Takes all room but `left` bytes.
  void fill_up(size_t left) const {
    std::ofstream ballast(disk / "ballast");
    const auto free = std::filesystem::space(disk.path()).available;
    ASSERT_GT(free, left);
    ballast << std::string(free - left, 'x');
  }

  SmallDisk disk{kDiskSize, 0};
};

TEST_F(FullDiskTest, IsSaidAndNothingAcknowledgedIsLost) {
  const std::string records = generated_records(12'000, 11);
  size_t kept = 0;
  {
    Server server(disk / "data", {"--memtable-size", "1MiB"});
    ASSERT_TRUE(server.is_ready()) << server.errors();
    fill_up(2 << 20);
    const Finished load = server({"load", "--json", "--patience", "2"}, records);
    EXPECT_TRUE(load.code == 3 || load.code == 4) << load.errors;
    EXPECT_NE(load.errors.find("space"), std::string::npos) << load.errors;
    const size_t place = load.output.find("\"lines\":");
    ASSERT_NE(place, std::string::npos) << load.output;
    kept = std::strtoul(load.output.c_str() + place + 8, nullptr, 10);
    server.kill();
  }

  std::filesystem::remove(disk / "ballast");
  Server server(disk / "data");
  ASSERT_TRUE(server.is_ready()) << server.errors();
  const std::string stored = server({"dump"}).output;
  EXPECT_TRUE(stored.starts_with(first_lines(records, kept)));
  EXPECT_EQ(server({"load", "--skip", std::to_string(kept)}, records).code, 0);
  EXPECT_TRUE(server({"dump"}).output == records);
  EXPECT_EQ(server.stop(), 0) << server.errors();
}

}  // namespace
}  // namespace coppice::test
