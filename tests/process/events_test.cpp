// What a node says of itself, through the real program.
#include <gtest/gtest.h>

#include "tests/process/process_fixture.hpp"

namespace coppice::test {
namespace {

class EventsTest : public testing::Test {
protected:
  std::string user(const std::vector<std::string>& arguments) {
    const Finished finished = server(arguments);
    EXPECT_EQ(finished.code, 0) << finished.errors;
    return finished.output;
  }
  static bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  }

  TemporaryDirectory directory;
  Server server{directory.path() + "/data", {"--log-level", "debug", "--value-threshold", "1024"}};
};

TEST_F(EventsTest, TheNodeTellsWhatItDidAndFromWhere) {
  user({"put", "a", "v"});
  user({"flush"});
  user({"compact"});
  const std::string lines = user({"events"});
  EXPECT_TRUE(has(lines, "shard 1    recovered")) << lines;
  EXPECT_LT(lines.find("memtable_sealed"), lines.find("flush_begun")) << lines;
  EXPECT_LT(lines.find("flush_begun"), lines.find("flush_ended")) << lines;
  EXPECT_TRUE(has(lines, "1 table, ")) << lines;
  EXPECT_TRUE(has(lines, "tables_moved    because of request, level 0 to 6, 1 table")) << lines;

  const std::string json = user({"events", "--json"});
  EXPECT_TRUE(has(json, "{\"sequence\":1,")) << json;
  EXPECT_TRUE(has(json, "\"kind\":\"flush_ended\",\"shard\":1,")) << json;
  EXPECT_EQ(user({"events", "--since", "100000"}), "");
  // Written by a thread of its own: at the latest when the node has stopped.
  EXPECT_EQ(server.stop(), 0);
  EXPECT_TRUE(has(server.errors(), "shard 1: flush_ended")) << server.errors();
}

TEST_F(EventsTest, WhoFollowsSeesWhatHappensNext) {
  Subprocess follow({.command = {COPPICE_PROGRAM, "events", "--follow", "--address", server.address()},
                     .environment = {},
                     .with_input = false,
                     .with_lines = true});
  ASSERT_TRUE(follow.read_line().has_value());
  user({"put", "m", "v"});
  user({"split", "m"});
  std::optional<std::string> line = follow.read_line();
  while (line && !has(*line, " split ")) line = follow.read_line();
  ASSERT_TRUE(line.has_value());
  EXPECT_TRUE(has(*line, "into 2 and 3")) << *line;
}

TEST_F(EventsTest, StatsHaveTheNamesThatWereAskedFor) {
  user({"put", "a", "v"});
  user({"flush"});
  user({"get", "a"});
  const std::string text = user({"stats"});
  for (const char* name : {"1 table, ", "read_operations", "blocks a key", "write amp", "p99.9", "write "})
    EXPECT_TRUE(has(text, name)) << name << "\n" << text;
  const std::string json = user({"stats", "--json"});
  for (const char* name :
       {"\"sstable_count\":1", "\"total_size\":", "\"read_operations\":1",
        "\"latencies\":{\"get\":{\"count\":", "\"write\":{\"count\":1,", "\"tablesDropped\":0",
        "\"stalls\":{}", "\"foundInMemtables\":0", "\"blocksAsked\":", "\"bytesArrived\":"})
    EXPECT_TRUE(has(json, name)) << name << "\n" << json;
}

TEST_F(EventsTest, StatsCountValuesThatLieApart) {
  user({"put", "a", std::string(100'000, 'v')});
  user({"flush"});
  const std::string text = user({"stats"});
  EXPECT_TRUE(has(text, "value files")) << text;
  const std::string json = user({"stats", "--json"});
  for (const char* part : {"\"valueFiles\":1,\"valueFilesSize\":100", "\"valueGarbageSize\":0",
                           "\"valuesSize\":100", "\"total_size\":10"})
    EXPECT_TRUE(has(json, part)) << part << "\n" << json;
}

}  // namespace
}  // namespace coppice::test
