// What the program says to a user who has no node yet, or has mistyped.
#include <gtest/gtest.h>

#include "tests/process/process_fixture.hpp"

namespace coppice::test {
namespace {

using testing::Test;

constexpr const char* kCommands[] = {"serve",   "put",        "get",    "delete",  "scan",    "load",
                                     "dump",    "stats",      "events", "split",   "compact", "flush",
                                     "merging", "checkpoint", "verify", "inspect", "repair",  "bench"};

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(CommandLineTest, HelpNamesEveryCommandAndEveryExitCode) {
  const Finished help = coppice({"--help"});
  EXPECT_EQ(help.code, 0);
  for (const char* command : kCommands) EXPECT_TRUE(has(help.output, command)) << command;
  EXPECT_TRUE(has(help.output, "Exit codes"));
}

TEST(CommandLineTest, EveryCommandHasHelpWithAnExample) {
  for (const char* command : kCommands) {
    const Finished help = coppice({command, "--help"});
    EXPECT_EQ(help.code, 0) << command;
    EXPECT_TRUE(has(help.output, "Example")) << command;
    EXPECT_TRUE(has(help.output, std::string("coppice ") + command)) << command;
  }
}

TEST(CommandLineTest, NothingAskedForIsRefusedWithTheHelp) {
  const Finished nothing = coppice({});
  EXPECT_EQ(nothing.code, 2);
  EXPECT_EQ(nothing.output, "");
  EXPECT_TRUE(has(nothing.errors, "serve"));
}

TEST(CommandLineTest, SaysItsVersion) {
  const Finished version = coppice({"--version"});
  EXPECT_EQ(version.code, 0);
  EXPECT_TRUE(version.output.starts_with("coppice ")) << version.output;
}

TEST(CommandLineTest, AnUnknownCommandIsRefusedWithTheNearest) {
  const Finished slip = coppice({"sacn"});
  EXPECT_EQ(slip.code, 2);
  EXPECT_TRUE(has(slip.errors, "did you mean 'scan'?")) << slip.errors;
}

TEST(CommandLineTest, AnUnknownFlagIsRefusedWithTheNearest) {
  for (const auto& arguments : std::vector<std::vector<std::string>>{{"get", "--adress", "localhost", "key"},
                                                                     {"get", "--adress=localhost", "key"},
                                                                     {"get", "--adress=localhost"}}) {
    const Finished slip = coppice(arguments);
    EXPECT_EQ(slip.code, 2);
    EXPECT_TRUE(has(slip.errors, "'--adress': did you mean '--address'?")) << slip.errors;
  }
  const Finished serve = coppice({"serve", "--lisen", "127.0.0.1:0"});
  EXPECT_EQ(serve.code, 2);
  EXPECT_TRUE(has(serve.errors, "did you mean '--listen'?")) << serve.errors;
}

TEST(CommandLineTest, AMissingOrSuperfluousWordIsNamed) {
  EXPECT_TRUE(has(coppice({"get"}).errors, "key"));
  const Finished more = coppice({"get", "one", "two"});
  EXPECT_EQ(more.code, 2);
  EXPECT_TRUE(has(more.errors, "'two'")) << more.errors;
  EXPECT_TRUE(has(coppice({"put", "key", "--temperature"}).errors, "write -- before it"));
  EXPECT_EQ(coppice({"put", "key"}).code, 2);
}

TEST(CommandLineTest, LimitsAndEncodingsAreCheckedBeforeAnythingIsSent) {
  EXPECT_EQ(coppice({"get", ""}).code, 2);
  EXPECT_EQ(coppice({"get", std::string(16'385, 'k')}).code, 2);
  EXPECT_TRUE(has(coppice({"get", "--hex", "6"}).errors, "the key"));
  EXPECT_EQ(coppice({"get", "--hex", "--escaped", "61"}).code, 2);
  EXPECT_EQ(coppice({"scan", "--from", "b", "--to", "a"}).code, 2);
  EXPECT_EQ(coppice({"put", "k", "v", "--durability", "maybe"}).code, 2);
}

TEST(CommandLineTest, DeletingTakesOneWayToSayWhat) {
  EXPECT_EQ(coppice({"delete"}).code, 2);
  EXPECT_EQ(coppice({"delete", "key", "--all"}).code, 2);
  EXPECT_EQ(coppice({"delete", "key", "--prefix", "k"}).code, 2);
}

TEST(CommandLineTest, NoNodeIsSaidWithItsAddress) {
  // Port 1 is nobody's.
  const Finished nobody = coppice({"get", "key", "--address", "127.0.0.1:1"});
  EXPECT_EQ(nobody.code, 3);
  EXPECT_EQ(nobody.output, "");
  EXPECT_TRUE(has(nobody.errors, "127.0.0.1:1")) << nobody.errors;
  EXPECT_EQ(coppice({"stats"}, "", {{"COPPICE_ADDRESS", "127.0.0.1:1"}}).code, 3);
}

}  // namespace
}  // namespace coppice::test
