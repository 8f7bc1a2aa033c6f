// How a node ends, and how it does not begin.
#include <csignal>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/process/process_fixture.hpp"
#include "tests/support/small_disk.hpp"

namespace coppice::test {
namespace {

class ServeTest : public testing::Test {
protected:
  std::string data() const { return directory / "data"; }

  /// `coppice serve` that must give up by itself.
  static Finished refused(const std::vector<std::string>& flags) {
    std::vector<std::string> arguments{"serve", "--listen", "127.0.0.1:0"};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    return coppice(arguments);
  }
  std::string file(const std::string& name, const std::string& content) const {
    std::ofstream(directory / name) << content;
    return directory / name;
  }

  TemporaryDirectory directory;
};

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// Looks until every thread of the child stands still; false: it has ended.
bool becomes_stopped(pid_t pid) {
  siginfo_t info{};
  return ::waitid(P_PID, static_cast<id_t>(pid), &info, WSTOPPED | WEXITED | WNOWAIT) == 0 &&
         info.si_code == CLD_STOPPED;
}

TEST_F(ServeTest, ACleanStopKeepsEvenWhatWasInMemory) {
  for (int signal : {SIGTERM, SIGINT}) {
    const std::string key = "stopped by " + std::to_string(signal);
    Server server(data());
    ASSERT_TRUE(server.is_ready()) << server.errors();
    EXPECT_EQ(server({"put", key, "kept", "--durability", "memory"}).code, 0);
    server.process().send_signal(signal);
    EXPECT_EQ(server.process().wait(), 0) << server.errors();
    EXPECT_TRUE(has(server.errors(), "stopp")) << server.errors();

    Server again(data());
    EXPECT_EQ(again({"get", key}).output, "kept");
    EXPECT_EQ(again.stop(), 0);
  }
}

TEST_F(ServeTest, ASecondSignalEndsAtOnceAndLosesNothingAcknowledged) {
  Server server(data());
  ASSERT_TRUE(server.is_ready()) << server.errors();
  EXPECT_EQ(server({"put", "key", "kept"}).code, 0);
  // Both wait for it, so that the clean stop cannot end between them.
  server.process().send_signal(SIGSTOP);
  ASSERT_TRUE(becomes_stopped(server.process().pid()));
  server.process().send_signal(SIGINT);
  server.process().send_signal(SIGTERM);
  server.process().send_signal(SIGCONT);
  EXPECT_EQ(server.process().wait(), 128 + SIGTERM) << server.errors();

  Server again(data());
  ASSERT_TRUE(again.is_ready()) << again.errors();
  EXPECT_EQ(again({"get", "key"}).output, "kept");
  EXPECT_EQ(again.stop(), 0);
}

TEST_F(ServeTest, SaysWhereItServesAndHowToTryIt) {
  Subprocess serve({.command = {COPPICE_PROGRAM, "serve", "--data", data(), "--listen", "127.0.0.1:0"},
                    .environment = {},
                    .with_input = false,
                    .with_lines = true});
  std::string said;
  while (!has(said, "coppice put")) {
    const auto line = serve.read_line();
    ASSERT_TRUE(line.has_value()) << said << serve.errors();
    said += *line + "\n";
  }
  EXPECT_TRUE(has(said, "127.0.0.1:")) << said;
  EXPECT_TRUE(has(said, data())) << said;
  EXPECT_TRUE(has(said, "shard")) << said;
}

TEST_F(ServeTest, ASecondServerOnTheDataIsRefusedWithTheFirstOnesPid) {
  Server first(data());
  ASSERT_TRUE(first.is_ready()) << first.errors();
  const Finished second = refused({"--data", data()});
  EXPECT_EQ(second.code, 5) << second.errors;
  EXPECT_TRUE(has(second.errors, std::to_string(first.process().pid()))) << second.errors;
  EXPECT_EQ(first({"put", "still", "served"}).code, 0);
}

TEST_F(ServeTest, APortInUseIsRefusedWithItsAddress) {
  Server first(data());
  ASSERT_TRUE(first.is_ready()) << first.errors();
  const Finished second = coppice({"serve", "--data", directory / "other", "--listen", first.address()});
  EXPECT_EQ(second.code, 5) << second.errors;
  EXPECT_TRUE(has(second.errors, first.address())) << second.errors;
}

TEST_F(ServeTest, ADataDirectoryThatIsAFileIsRefused) {
  const Finished serve = refused({"--data", file("data", "a letter to my aunt\n")});
  EXPECT_TRUE(serve.code == 2 || serve.code == 4) << serve.errors;
  EXPECT_TRUE(has(serve.errors, data())) << serve.errors;
}

TEST_F(ServeTest, ADirectoryOfSomethingElseIsLeftAsItIs) {
  std::filesystem::create_directory(data());
  file("data/letter.txt", "dear aunt\n");
  const Finished serve = refused({"--data", data()});
  EXPECT_NE(serve.code, 0);
  EXPECT_TRUE(has(serve.errors, data())) << serve.errors;
  EXPECT_TRUE(std::filesystem::exists(data() + "/letter.txt"));
}

TEST_F(ServeTest, ADiskThatCannotBeWrittenIsRefused) {
  const SmallDisk disk(1 << 20, MS_RDONLY);
  if (!disk.is_mounted()) GTEST_SKIP() << disk.problem();
  for (const std::string& place : {disk.path(), disk / "new"}) {
    const Finished serve = refused({"--data", place});
    EXPECT_EQ(serve.code, 4) << serve.errors;
    EXPECT_TRUE(has(serve.errors, place)) << serve.errors;
  }
}

TEST_F(ServeTest, ADirectoryOfSomebodyElseIsRefused) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may write everywhere";
  std::filesystem::create_directory(data());
  std::filesystem::permissions(data(),
                               std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  const Finished serve = refused({"--data", data()});
  EXPECT_EQ(serve.code, 4) << serve.errors;
  EXPECT_TRUE(has(serve.errors, data())) << serve.errors;
}

TEST_F(ServeTest, AnUnknownConfigKeyIsRefusedWithTheNearest) {
  const Finished serve =
      refused({"--data", data(), "--config", file("coppice.toml", "lisen = \"127.0.0.1:0\"\n")});
  EXPECT_EQ(serve.code, 2) << serve.errors;
  EXPECT_TRUE(has(serve.errors, "listen")) << serve.errors;
  EXPECT_TRUE(has(serve.errors, "coppice.toml")) << serve.errors;
  EXPECT_FALSE(std::filesystem::exists(data()));
}

TEST_F(ServeTest, AConfigThatIsNoTomlOrAbsentIsRefused) {
  EXPECT_EQ(refused({"--config", file("bad.toml", "listen = [[[\n")}).code, 2);
  const Finished absent = refused({"--config", directory / "absent.toml"});
  EXPECT_EQ(absent.code, 2) << absent.errors;
  EXPECT_TRUE(has(absent.errors, "absent.toml")) << absent.errors;
}

TEST_F(ServeTest, FlagsWinOverTheFile) {
  const std::string config =
      file("coppice.toml", "listen = \"127.0.0.1:1\"\ndata = \"" + (directory / "from-file") + "\"\n");
  Server server(data(), {"--config", config});
  ASSERT_TRUE(server.is_ready()) << server.errors();
  EXPECT_NE(server.port(), 1);
  EXPECT_FALSE(std::filesystem::exists(directory / "from-file"));
}

}  // namespace
}  // namespace coppice::test
