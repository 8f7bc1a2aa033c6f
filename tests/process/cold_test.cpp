// A store on two disks, as a user gives it the second one, moves it, forgets it, fills it, and does without it again.
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "tests/process/process_fixture.hpp"
#include "tests/support/small_disk.hpp"

namespace coppice::test {
namespace {

namespace fs = std::filesystem;

constexpr size_t kDiskSize = 64 << 20;

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// Tables and value files.
size_t files_below(const std::string& path) {
  size_t count = 0;
  for (const auto& file : fs::recursive_directory_iterator(path))
    if (file.path().extension() == ".sst" || file.path().extension() == ".val") ++count;
  return count;
}

class ColdTest : public ::testing::Test {
protected:
  void SetUp() override {
    if (!disk.is_mounted()) GTEST_SKIP() << disk.problem();
  }

  std::string data() const { return directory / "data"; }
  std::string cold() const { return disk / "cold"; }
  std::vector<std::string> flags(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> all{"--cold-directory", cold(), "--value-threshold", "4KiB",
                                 "--memtable-size",  "1MiB"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  Finished refused(const std::vector<std::string>& more) const {
    std::vector<std::string> arguments{"serve", "--listen", "127.0.0.1:0", "--data", data()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return coppice(arguments);
  }
  std::string names() const {
    std::string all;
    for (const auto& entry : fs::recursive_directory_iterator(data())) all += entry.path().string() + "\n";
    return all;
  }

  TemporaryDirectory directory;
  SmallDisk disk{kDiskSize, 0};
  const std::string records = generated_records(3'000, 5);
};

TEST_F(ColdTest, KilledSplitMovedAndVerifiedItLosesNothing) {
  {
    Server server(data(), flags());
    ASSERT_TRUE(server.is_ready()) << server.errors();
    EXPECT_EQ(server({"load"}, records).code, 0);
    EXPECT_EQ(server({"compact"}).code, 0);
    EXPECT_GT(files_below(cold()), 1u);
    EXPECT_EQ(files_below(data()), 0u);
    EXPECT_TRUE(has(server({"stats", "--json"}).output, "\"coldFiles\":"))
        << server({"stats", "--json"}).output;
    EXPECT_TRUE(has(server({"stats"}).output, "in the cold directory: ")) << server({"stats"}).output;
    const auto client = server.connect();
    const std::string middle = records.substr(records.find('\n', records.size() / 2) + 1);
    ASSERT_TRUE(client->split(middle.substr(0, middle.find('\t'))).ok());
    EXPECT_EQ(server({"load"}, first_lines(records, 500)).code, 0);
    server.kill();
  }
  EXPECT_NE(coppice({"verify", data()}).code, 0);
  EXPECT_EQ(coppice({"verify", data(), "--cold-directory", cold()}).code, 0);
  fs::rename(cold(), disk / "elsewhere");
  Server server(data(), {"--cold-directory", disk / "elsewhere"});
  ASSERT_TRUE(server.is_ready()) << server.errors();
  EXPECT_TRUE(server({"dump"}).output == records);
  EXPECT_EQ(server({"verify"}).code, 0);
  EXPECT_EQ(server.stop(), 0);

  const std::string mended = directory / "mended";
  EXPECT_NE(coppice({"repair", data(), "--into", mended}).code, 0);
  const Finished repaired =
      coppice({"repair", data(), "--cold-directory", disk / "elsewhere", "--into", mended});
  EXPECT_EQ(repaired.code, 0) << repaired.errors;
  EXPECT_TRUE(has(repaired.output, "nothing is known to be lost")) << repaired.output;
  Server other(mended);
  ASSERT_TRUE(other.is_ready()) << other.errors();
  EXPECT_TRUE(other({"dump"}).output == records);
  EXPECT_EQ(other.stop(), 0);
}

TEST_F(ColdTest, WithoutItsDirectoryOrWithAnotherNodesRefuseAndChangeNothing) {
  {
    Server server(data(), flags());
    ASSERT_TRUE(server.is_ready()) << server.errors();
    EXPECT_EQ(server({"load"}, records).code, 0);
    EXPECT_EQ(server({"compact"}).code, 0);
    EXPECT_EQ(server.stop(), 0);
  }
  {
    Server other(directory / "other", {"--cold-directory", disk / "others"});
    EXPECT_EQ(other.stop(), 0);
  }
  const std::string before = names();
  Finished end = refused({});
  EXPECT_NE(end.code, 0);
  EXPECT_TRUE(has(end.errors, "cold_directory") && has(end.errors, "never")) << end.errors;
  end = refused({"--cold-directory", directory / "unmounted"});
  EXPECT_NE(end.code, 0);
  EXPECT_TRUE(has(end.errors, directory / "unmounted") && has(end.errors, "mounted?")) << end.errors;
  EXPECT_FALSE(fs::exists(directory / "unmounted"));
  end = refused({"--cold-directory", disk / "others"});
  EXPECT_NE(end.code, 0);
  EXPECT_TRUE(has(end.errors, "another store")) << end.errors;
  EXPECT_EQ(names(), before);
}

TEST_F(ColdTest, AStoreDoesWithoutItAgainOnceAllHasComeBack) {
  {
    Server server(data(), flags());
    ASSERT_TRUE(server.is_ready()) << server.errors();
    EXPECT_EQ(server({"load"}, records).code, 0);
    EXPECT_EQ(server({"compact"}).code, 0);
    EXPECT_EQ(server.stop(), 0);
  }
  {
    Server server(data(), flags({"--cold-after", "never"}));
    ASSERT_TRUE(server.is_ready()) << server.errors();
    EXPECT_EQ(server({"compact"}).code, 0);
    EXPECT_EQ(files_below(cold()), 0u);
    EXPECT_EQ(server.stop(), 0);
  }
  Server server(data());
  ASSERT_TRUE(server.is_ready()) << server.errors();
  EXPECT_TRUE(server({"dump"}).output == records);
  EXPECT_EQ(server.stop(), 0);
}

TEST_F(ColdTest, AFullDiskStopsNoWriteAndIsSaid) {
  Server server(data(), flags());
  ASSERT_TRUE(server.is_ready()) << server.errors();
  EXPECT_EQ(server({"load"}, first_lines(records, 1'000)).code, 0);
  EXPECT_EQ(server({"compact"}).code, 0);
  {
    std::ofstream ballast(disk / "ballast");
    ballast << std::string(fs::space(disk.path()).available, 'x');
  }
  EXPECT_EQ(server({"load"}, first_lines(records, 300)).code, 0);
  const Finished compacted = server({"compact"});
  EXPECT_NE(compacted.code, 0);
  EXPECT_TRUE(has(compacted.errors, "space") && has(compacted.errors, cold())) << compacted.errors;
  EXPECT_TRUE(server({"dump"}).output == first_lines(records, 1'000));
  EXPECT_TRUE(has(server({"stats"}).output, "the cold directory is full")) << server({"stats"}).output;

  fs::remove(disk / "ballast");
  EXPECT_EQ(server({"compact"}).code, 0);
  EXPECT_TRUE(has(server({"stats", "--json"}).output, "\"coldFull\":false"));
  EXPECT_EQ(files_below(data()), 0u);
  EXPECT_TRUE(server({"dump"}).output == first_lines(records, 1'000));
  EXPECT_EQ(server.stop(), 0);
}

}  // namespace
}  // namespace coppice::test
