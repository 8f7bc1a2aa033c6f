// Every command against a node, as a user types it.
#include <csignal>

#include <gtest/gtest.h>

#include "tests/process/process_fixture.hpp"

namespace coppice::test {
namespace {

/// One node for all tests of the suite; each begins with an empty store.
class CommandsTest : public testing::Test {
protected:
  static void SetUpTestSuite() {
    directory = std::make_unique<TemporaryDirectory>();
    server = std::make_unique<Server>(*directory / "data");
  }
  static void TearDownTestSuite() {
    EXPECT_EQ(server->stop(), 0);
    server.reset();
    directory.reset();
  }
  void SetUp() override {
    ASSERT_TRUE(server->is_ready()) << server->errors();
    ASSERT_EQ(user({"delete", "--all"}), "");
  }

  /// What a command that must succeed prints.
  static std::string user(const std::vector<std::string>& arguments, std::string_view input = "") {
    const Finished finished = (*server)(arguments, input);
    EXPECT_EQ(finished.code, 0) << finished.errors;
    return finished.output;
  }
  static std::optional<int> code_of(const std::vector<std::string>& arguments) {
    return (*server)(arguments).code;
  }

  static std::unique_ptr<TemporaryDirectory> directory;
  static std::unique_ptr<Server> server;
};

std::unique_ptr<TemporaryDirectory> CommandsTest::directory;
std::unique_ptr<Server> CommandsTest::server;

TEST_F(CommandsTest, GetPrintsTheValueAndNothingElse) {
  EXPECT_EQ(user({"put", "fruit", "apple"}), "");
  EXPECT_EQ(user({"get", "fruit"}), "apple");
  EXPECT_EQ(user({"get", "fruit", "--json"}), "{\"key\":\"fruit\",\"value\":\"apple\"}\n");
  user({"put", "fruit", ""});
  EXPECT_EQ(user({"get", "fruit"}), "");
}

TEST_F(CommandsTest, AnAbsentKeyIsExitCodeOneAndNoOutput) {
  const Finished absent = (*server)({"get", "nobody"});
  EXPECT_EQ(absent.code, 1);
  EXPECT_EQ(absent.output + absent.errors, "");
}

TEST_F(CommandsTest, PutKeepsToItsCondition) {
  EXPECT_EQ(user({"put", "--if-absent", "lock", "mine"}), "");
  const Finished second = (*server)({"put", "--if-absent", "lock", "yours"});
  EXPECT_EQ(second.code, 7);
  const std::string versioned = user({"get", "--with-version", "lock"});
  const size_t tab = versioned.find('\t');
  ASSERT_NE(tab, std::string::npos);
  EXPECT_EQ(versioned.substr(tab), "\tmine");
  const std::string version = versioned.substr(0, tab);
  EXPECT_NE(second.errors.find("version " + version), std::string::npos) << second.errors;
  EXPECT_EQ(user({"get", "--with-version", "--json", "lock"}),
            "{\"key\":\"lock\",\"value\":\"mine\",\"version\":" + version + "}\n");
  EXPECT_EQ(user({"put", "--if-version", version, "lock", "changed"}), "");
  EXPECT_EQ(code_of({"put", "--if-version", version, "lock", "again"}), 7);
  EXPECT_EQ(user({"get", "lock"}), "changed");
  EXPECT_EQ(code_of({"put", "--if-version", "1", "--if-absent", "lock", "x"}), 2);
  EXPECT_EQ(code_of({"put", "--if-version", "1", "nobody", "x"}), 7);
}

TEST_F(CommandsTest, MergeChangesWhatIsThere) {
  user({"merge", "visits", "--add", "40"});
  user({"merge", "visits", "--add", "5"});
  user({"merge", "visits", "--add", "-3"});
  EXPECT_EQ(user({"get", "--number", "visits"}), "42\n");
  EXPECT_EQ(user({"get", "--hex", "766973697473"}), "2a00000000000000\n");
  user({"merge", "visits", "--max", "7"});
  EXPECT_EQ(user({"get", "-n", "visits"}), "42\n");
  user({"flush"});
  user({"merge", "visits", "--max", "50"});
  EXPECT_EQ(user({"get", "-n", "visits"}), "50\n");
  user({"merge", "events", "--append", "a"});
  user({"merge", "--escaped", "events", "--append", "\\nb"});
  EXPECT_EQ(user({"get", "events"}), "a\nb");
  EXPECT_EQ(code_of({"get", "--number", "events"}), 2);
  EXPECT_EQ(code_of({"merge", "events"}), 2);
  EXPECT_EQ(code_of({"merge", "events", "--add", "x"}), 2);
  EXPECT_EQ(code_of({"merge", "events", "--add", "1", "--max", "1"}), 2);
}

TEST_F(CommandsTest, BinaryKeysAndValuesComeBack) {
  user({"put", "--escaped", "a\\x00\\tb", "v\\n\\xff"});
  EXPECT_EQ(user({"get", "--escaped", "a\\x00\\tb"}), "v\\n\\xff\n");
  EXPECT_EQ(user({"get", "--hex", "61000962"}), "760aff\n");
  user({"put", "--", "-minus", "-5"});
  EXPECT_EQ(user({"get", "--", "-minus"}), "-5");
}

TEST_F(CommandsTest, PutTakesItsValueFromAFileOrStandardInput) {
  const std::string blob = generated_records(50, 7);
  user({"put", "blob", "--file", "-"}, blob);
  EXPECT_EQ(user({"get", "blob"}), blob);
  EXPECT_EQ(code_of({"put", "blob", "--file", "/nowhere"}), 2);
}

TEST_F(CommandsTest, EveryDurabilityIsTaken) {
  for (const char* durability : {"synced", "buffered", "memory"}) {
    user({"put", "key", durability, "--durability", durability});
    EXPECT_EQ(user({"get", "key"}), durability);
  }
}

TEST_F(CommandsTest, DeleteTakesKeysPrefixesAndRanges) {
  user({"load"}, "a\t1\nb/1\t2\nb/2\t3\nc\t4\nd\t5\ne\t6\n");
  user({"delete", "a", "nobody"});
  EXPECT_EQ(user({"scan", "--keys-only"}), "b/1\nb/2\nc\nd\ne\n");
  user({"delete", "--prefix", "b/"});
  user({"delete", "--from", "d", "--to", "e"});
  EXPECT_EQ(user({"scan", "--keys-only"}), "c\ne\n");
  user({"delete", "--from", "d"});
  EXPECT_EQ(user({"scan", "--keys-only"}), "c\n");
}

TEST_F(CommandsTest, ScanTakesBoundsOrderAndLimit) {
  user({"load"}, "a\t1\nb/1\t2\nb/2\t3\nc\t4\n");
  EXPECT_EQ(user({"scan"}), "a\t1\nb/1\t2\nb/2\t3\nc\t4\n");
  EXPECT_EQ(user({"scan", "--prefix", "b/"}), "b/1\t2\nb/2\t3\n");
  EXPECT_EQ(user({"scan", "--from", "b/2"}), "b/2\t3\nc\t4\n");
  EXPECT_EQ(user({"scan", "--to", "b/2"}), "a\t1\nb/1\t2\n");
  EXPECT_EQ(user({"scan", "--reverse", "--limit", "2", "--keys-only"}), "c\nb/2\n");
  EXPECT_EQ(user({"scan", "--limit", "1", "--json"}), "{\"key\":\"a\",\"value\":\"1\"}\n");
  EXPECT_EQ(user({"scan", "--prefix", "x"}), "");
}

TEST_F(CommandsTest, DumpIsWhatLoadRead) {
  const std::string records = generated_records(5'000, 1);
  EXPECT_NE(user({"load"}, records).find("5,000 records kept"), std::string::npos);
  EXPECT_TRUE(user({"dump"}) == records);
  const std::string escaped = user({"dump", "--escaped"});
  user({"delete", "--all"});
  user({"load", "--escaped"}, escaped);
  EXPECT_TRUE(user({"dump"}) == records);
}

TEST_F(CommandsTest, DumpRefusesALineThatWouldBeReadOtherwise) {
  user({"put", "--escaped", "tab\\there", "v"});
  const Finished raw = (*server)({"dump"});
  EXPECT_EQ(raw.code, 2);
  EXPECT_NE(raw.errors.find("tab\\x09here"), std::string::npos) << raw.errors;
  EXPECT_NE(raw.errors.find("--escaped"), std::string::npos);
  EXPECT_EQ(user({"dump", "--escaped"}), "tab\\there\tv\n");
}

TEST_F(CommandsTest, OfTwoLinesWithOneKeyTheLaterWins) {
  std::string lines;
  for (int i = 0; i < 20'000; ++i) lines += "key" + std::to_string(i % 7) + "\t" + std::to_string(i) + "\n";
  user({"load"}, lines);
  EXPECT_EQ(user({"get", "key0"}), "19999" /* 19999 % 7 == 0 */);
  EXPECT_EQ(user({"get", "key6"}), "19998");
}

TEST_F(CommandsTest, ABadLineEndsTheLoadAndKeepsThoseBeforeIt) {
  const struct {
    std::string line;
    const char* why;
  } bad_lines[] = {
      {"no tab", "TAB"}, {"\tvalue", "empty"}, {std::string(16'385, 'k') + "\tv", "16385"}, {"", "TAB"}};
  for (const auto& bad : bad_lines) {
    const Finished load = (*server)({"load"}, "a\t1\nb\t2\n" + bad.line + "\nc\t3\n");
    EXPECT_EQ(load.code, 2);
    EXPECT_NE(load.errors.find("line 3"), std::string::npos) << load.errors;
    EXPECT_NE(load.errors.find(bad.why), std::string::npos) << load.errors;
    EXPECT_NE(load.errors.find("--skip 2"), std::string::npos) << load.errors;
    EXPECT_EQ(user({"scan", "--keys-only"}), "a\nb\n");
  }
}

TEST_F(CommandsTest, LoadSkipsWhatIsKept) {
  EXPECT_EQ(user({"load", "--skip", "2"}, "bad\nlines\nc\t3\n").substr(0, 13), "1 record kept");
  EXPECT_EQ(user({"scan"}), "c\t3\n");
  EXPECT_NE(user({"load", "--json"}, "d\t4\n").find("\"records\":1"), std::string::npos);
}

TEST_F(CommandsTest, LoadKeepsTheLinesOfASlowSourceAsTheyCome) {
  Subprocess load({.command = {COPPICE_PROGRAM, "load", "--address", server->address()},
                   .environment = {},
                   .with_input = true,
                   .with_lines = false});
  load.write_input("early\tbird\nhalf a li");
  const auto client = server->connect();
  const auto end = std::chrono::steady_clock::now() + kDeadline;
  bool there = false;
  while (!there && std::chrono::steady_clock::now() < end) {
    const auto value = client->get("early");
    ASSERT_TRUE(value.ok());
    there = value->has_value();
  }
  EXPECT_TRUE(there);
  load.write_input("ne\twhole\n");
  load.close_input();
  EXPECT_EQ(load.wait(), 0) << load.errors();
  EXPECT_EQ(user({"get", "half a line"}), "whole");
}

TEST_F(CommandsTest, CareLeavesEveryKeyWhereItWas) {
  const std::string records = generated_records(3'000, 2);
  user({"load"}, records);
  EXPECT_NE(user({"split", "record/00001500"}).find("shard"), std::string::npos);
  EXPECT_EQ(code_of({"split", "record/00001500"}), 2);
  user({"flush"});
  user({"compact"});
  EXPECT_TRUE(user({"dump"}) == records);
  const std::string report = user({"verify"});
  EXPECT_NE(report.find("all is well"), std::string::npos) << report;
  EXPECT_NE(user({"verify", "--json"}).find("\"problems\":[]"), std::string::npos);
  EXPECT_NE(user({"stats"}).find("record/00001500"), std::string::npos);
  EXPECT_NE(user({"stats", "--json"}).find("\"from\":\"record/00001500\""), std::string::npos);
  EXPECT_EQ(user({"stats"}).find("history"), std::string::npos) << "none is kept";
}

TEST_F(CommandsTest, MergingIsToldWhatToDo) {
  const std::string records = generated_records(3'000, 2);
  EXPECT_NE(user({"merging"}).find("merging is on"), std::string::npos);
  EXPECT_NE(user({"merging", "off"}).find("merging is off"), std::string::npos);
  user({"load"}, records);
  EXPECT_NE(user({"stats"}).find("merging: off"), std::string::npos);
  EXPECT_NE(user({"stats", "--json"}).find("\"merging\":\"off\""), std::string::npos);
  EXPECT_NE(user({"compact", "--json"}).find("\"milliseconds\":"), std::string::npos);
  EXPECT_NE(user({"merging", "stop", "--json"}).find("\"merging\":\"stopped\",\"merges\":[]"),
            std::string::npos);
  EXPECT_EQ(code_of({"compact"}), 3);
  EXPECT_NE(user({"merging", "pause"}).find("merging is paused"), std::string::npos);

  // Killed, as Ctrl-C would: its merge goes with it.
  Subprocess compact({.command = {COPPICE_PROGRAM, "compact", "--address", server->address()},
                      .environment = {},
                      .with_input = false,
                      .with_lines = false});
  while (user({"merging"}).find("merge ") == std::string::npos) {
  }
  compact.send_signal(SIGINT);
  compact.wait();
  while (user({"merging"}).find("merge ") != std::string::npos) {
  }
  EXPECT_NE(code_of({"merging", "--cancel", "99"}), 0);
  EXPECT_EQ(code_of({"merging", "of"}), 2);
  user({"merging", "on"});
  user({"compact"});
  EXPECT_TRUE(user({"dump"}) == records);
}

TEST_F(CommandsTest, ACheckpointIsAStoreOfItsMoment) {
  const std::string records = generated_records(500, 4);
  user({"load"}, records);
  std::string path = user({"checkpoint", "before"});
  ASSERT_TRUE(path.ends_with("\n"));
  path.pop_back();
  user({"delete", "--all"});
  EXPECT_EQ(code_of({"checkpoint", "before"}), 5);
  EXPECT_EQ(code_of({"checkpoint", "../before"}), 2);
  EXPECT_EQ(coppice({"verify", path}).code, 0);
  Server copy(path);
  ASSERT_TRUE(copy.is_ready()) << copy.errors();
  EXPECT_TRUE(copy({"dump"}).output == records);
  EXPECT_EQ(copy.stop(), 0);
}

TEST_F(CommandsTest, BenchMeasuresAndCleansUp) {
  user({"put", "mine", "stays"});
  const std::vector<std::string> bench{"bench", "--seconds",     "1", "--keys",  "1000", "--gets",
                                       "50",    "--connections", "4", "--depth", "4",    "--threads",
                                       "2"};
  const std::string table = user(bench);
  EXPECT_NE(table.find("a second"), std::string::npos) << table;
  EXPECT_EQ(user({"scan"}), "mine\tstays\n");
}

TEST_F(CommandsTest, AReaderThatHasEnoughEndsAScanQuietly) {
  user({"load"}, generated_records(20'000, 3));
  Subprocess scan({.command = {COPPICE_PROGRAM, "scan", "--escaped", "--address", server->address()},
                   .environment = {},
                   .with_input = false,
                   .with_lines = true});
  ASSERT_TRUE(scan.read_line().has_value());
  scan.close_lines();
  EXPECT_EQ(scan.wait(), 0);
  EXPECT_EQ(scan.errors(), "");
}

/// A node that keeps history.
TEST(HistoryCommandsTest, ReadsTheStoreAsItWasAndForgetsWhatExpires) {
  const TemporaryDirectory directory;
  Server server(directory / "data", {"--retention", "1h"});
  ASSERT_TRUE(server.is_ready()) << server.errors();
  EXPECT_EQ(server({"put", "fruit", "apple"}).code, 0);
  EXPECT_EQ(server({"get", "fruit", "--at", "0"}).code, 2);
  EXPECT_EQ(server({"get", "fruit", "--at", "10min"}).code, 1) << "it was not there yet";
  EXPECT_EQ(server({"scan", "--at", "10min"}).output, "");
  const Finished far_back = server({"get", "fruit", "--at", "2h"});
  EXPECT_NE(far_back.errors.find("the oldest that can be read is"), std::string::npos) << far_back.errors;
  EXPECT_NE(server({"stats"}).output.find("\nhistory: from 20"), std::string::npos)
      << server({"stats"}).output;
  EXPECT_NE(server({"stats", "--json"}).output.find("\"historyFrom\":"), std::string::npos);
  const Finished no_moment = server({"scan", "--at", "noon"});
  EXPECT_NE(no_moment.errors.find("is no moment"), std::string::npos) << no_moment.errors;

  EXPECT_EQ(server({"put", "session", "open", "--ttl", "1ms"}).code, 0);
  while (server({"get", "session"}).code != 1) {
  }
  EXPECT_EQ(server({"put", "session", "open", "--ttl", "7d"}).code, 0);
  EXPECT_EQ(server({"get", "session"}).output, "open");
  EXPECT_NE(server({"put", "session", "open", "--ttl", "0"}).code, 0);
  EXPECT_NE(server({"put", "session", "open", "--ttl", "soon"}).errors.find("is no time"), std::string::npos);
  EXPECT_EQ(server.stop(), 0);
}

}  // namespace
}  // namespace coppice::test
