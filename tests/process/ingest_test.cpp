// Sorted files, built and taken in as a user does.
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/process/process_fixture.hpp"

namespace coppice::test {
namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

class IngestTest : public ::testing::Test {
protected:
  std::string path(const std::string& name) const { return directory / name; }
  void build(const std::string& name, const std::string& lines,
             const std::vector<std::string>& flags = {}) const {
    std::vector<std::string> arguments{"build", path(name)};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    const Finished built = coppice(arguments, lines);
    ASSERT_EQ(built.code, 0) << built.errors;
  }

  TemporaryDirectory directory;
};

TEST_F(IngestTest, WhatWasBuiltIsThereAndStaysAfterAKill) {
  const std::string lines = generated_records(5000, 7);
  build("sorted", lines, {"--compression", "zstd"});
  const std::vector<std::string> flags{"--boundaries", "k"};
  {
    Server server(path("data"), flags);
    ASSERT_TRUE(server.is_ready()) << server.errors();
    ASSERT_EQ(server({"put", "~", "beside"}).code, 0);
    const Finished ingested = server({"ingest", path("sorted"), "--json"});
    ASSERT_EQ(ingested.code, 0) << ingested.errors;
    EXPECT_TRUE(has(ingested.output, "\"records\":5000")) << ingested.output;
    EXPECT_EQ(server({"dump"}).output, lines + "~\tbeside\n");
    EXPECT_TRUE(has(server({"events"}).output, "tables_ingested"));
    server.kill();
  }
  std::filesystem::remove(path("sorted"));
  EXPECT_EQ(coppice({"verify", path("data")}).code, 0);
  Server server(path("data"), flags);
  ASSERT_TRUE(server.is_ready()) << server.errors();
  EXPECT_EQ(server({"dump"}).output, lines + "~\tbeside\n");
  EXPECT_EQ(server({"compact"}).code, 0);
  EXPECT_EQ(server({"dump"}).output, lines + "~\tbeside\n");
  EXPECT_EQ(server.stop(), 0);
}

TEST_F(IngestTest, LinesOutOfOrderAreNamedAndLeaveNoFile) {
  for (const std::string lines : {"b\t1\na\t2\n", "a\t1\na\t2\n", "b\t1\nno tab\n"}) {
    const Finished refused = coppice({"build", path("sorted")}, lines);
    EXPECT_EQ(refused.code, 2);
    EXPECT_TRUE(has(refused.errors, "line 2")) << refused.errors;
    EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
  }
  EXPECT_EQ(coppice({"build", path("sorted")}, "").code, 2);
  build("sorted", "a\t1\n");
  EXPECT_NE(coppice({"build", path("sorted")}, "a\t1\n").code, 0) << "it is not replaced";
}

TEST_F(IngestTest, WhatIsNoSortedFileIsRefused) {
  Server server(path("data"));
  ASSERT_TRUE(server.is_ready()) << server.errors();
  std::ofstream(path("text")) << "a\t1\n";
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  build("one", "a\t1\nm\t1\n");
  build("two", "b\t1\n");

  EXPECT_NE(server({"ingest", path("text")}).code, 0);
  EXPECT_NE(server({"ingest", path("none")}).code, 0);
  EXPECT_NE(server({"ingest", path("pipe")}).code, 0);
  EXPECT_NE(server({"ingest", path("data/LOCK")}).code, 0);
  EXPECT_EQ(server({"ingest", path("one"), path("two")}).code, 2);
  EXPECT_EQ(server({"ingest"}).code, 2);
  EXPECT_EQ(server({"dump"}).output, "");

  EXPECT_EQ(server({"ingest", path("one")}).code, 0);
  EXPECT_EQ(server({"ingest", path("two")}).code, 0);
  EXPECT_EQ(server({"dump"}).output, "a\t1\nb\t1\nm\t1\n");
  EXPECT_EQ(server.stop(), 0);
}

TEST_F(IngestTest, AnEncryptedStoreTakesWhatWasBuiltWithItsKey) {
  std::ofstream(path("key")) << std::string(32, 'k');
  ASSERT_EQ(::chmod(path("key").c_str(), 0600), 0);
  const std::string source = "file:" + path("key");
  build("plain", "a\tsecret\n");
  build("sealed", "a\tsecret\n", {"--encryption-key", source});
  Server server(path("data"), {"--encryption-key", source});
  ASSERT_TRUE(server.is_ready()) << server.errors();

  const Finished refused = server({"ingest", path("plain")});
  EXPECT_EQ(refused.code, 2);
  EXPECT_TRUE(has(refused.errors, "not encrypted")) << refused.errors;
  EXPECT_EQ(server({"ingest", path("sealed")}).code, 0);
  EXPECT_EQ(server({"get", "a"}).output, "secret");
  EXPECT_EQ(server.stop(), 0);
}

}  // namespace
}  // namespace coppice::test
