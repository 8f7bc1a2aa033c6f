#include "engine/secrecy/key_source.hpp"

#include <chrono>
#include <fstream>

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>

#include "tests/support/keys.hpp"
#include "tests/support/temporary_directory.hpp"

namespace coppice::engine {
namespace {

struct KeySourceTest : ::testing::Test {
  std::string file(ByteView content, mode_t mode = 0600) {
    const std::string path = directory.path() + "/key";
    std::ofstream(path, std::ios::binary) << content;
    EXPECT_EQ(::chmod(path.c_str(), mode), 0);
    return path;
  }
  static Errc code_of(const std::string& source, uint32_t time_ms = kKeyTimeMs) {
    const auto read = read_key(source, time_ms);
    return read.ok() ? Errc{} : read.error().code;
  }

  TemporaryDirectory directory;
  const Bytes bytes = Bytes(kSecretSize, 'k');
};

TEST_F(KeySourceTest, ReadsAFile) {
  const auto read = read_key("file:" + file(bytes));
  ASSERT_TRUE(read.ok()) << to_string(read.error());
  EXPECT_EQ(read->id(), key('k').id());
  EXPECT_TRUE(read_key("file:" + file(bytes, 0440)).ok());
}

TEST_F(KeySourceTest, RefusesAFileThatOthersMayReadOrWrite) {
  for (const mode_t mode : {0604u, 0644u, 0620u, 0602u}) {
    const auto read = read_key("file:" + file(bytes, mode));
    ASSERT_FALSE(read.ok()) << mode;
    EXPECT_EQ(read.error().code, Errc::invalid_argument);
    EXPECT_NE(read.error().text.find("chmod 600"), std::string::npos);
  }
}

TEST_F(KeySourceTest, RefusesWhatIsNoKeyFile) {
  EXPECT_EQ(code_of("file:" + directory.path()), Errc::invalid_argument);
  EXPECT_EQ(code_of("file:" + directory.path() + "/none"), Errc::not_found);
  EXPECT_EQ(code_of("file:" + file("short")), Errc::invalid_argument);
  EXPECT_EQ(code_of("file:" + file(Bytes(10'000, 'k'))), Errc::invalid_argument);
  EXPECT_EQ(code_of("file:/dev/zero"), Errc::invalid_argument);
  EXPECT_EQ(code_of(file(bytes)), Errc::invalid_argument);
  EXPECT_EQ(code_of(""), Errc::invalid_argument);
}

TEST_F(KeySourceTest, TakesWhatACommandPrints) {
  const auto read = read_key("command:printf '6b6b6b6b6b6b6b6b%.0s' 1 2 3 4; echo");
  ASSERT_TRUE(read.ok()) << to_string(read.error());
  EXPECT_EQ(read->id(), key('k').id());
  EXPECT_EQ(read_key("command:cat " + file(bytes))->id(), key('k').id());
}

TEST_F(KeySourceTest, RefusesACommandThatFailsOrPrintsNoKey) {
  const std::string print = "cat " + file(bytes);
  EXPECT_EQ(code_of("command:" + print + "; exit 3"), Errc::unavailable);
  EXPECT_EQ(code_of("command:" + print + "; kill -9 $$"), Errc::unavailable);
  EXPECT_EQ(code_of("command:" + print + "; " + print), Errc::invalid_argument);
  EXPECT_EQ(code_of("command:true"), Errc::invalid_argument);
  EXPECT_EQ(code_of("command:yes"), Errc::unavailable);
  EXPECT_EQ(code_of("command:cat"), Errc::invalid_argument);  // It has no input.
  const auto failed = read_key("command:exit 3");
  EXPECT_NE(failed.error().text.find("exited with 3"), std::string::npos) << failed.error().text;
}

TEST_F(KeySourceTest, ACommandThatTakesTooLongIsKilledWithWhatItBegan) {
  const std::string path = directory.path() + "/pid";
  const auto before = std::chrono::steady_clock::now();
  EXPECT_EQ(code_of("command:sleep 1000 & echo $! > " + path + "; wait", 200), Errc::unavailable);
  // Its output is closed, but it does not end.
  EXPECT_EQ(code_of("command:exec >&-; sleep 1000", 200), Errc::unavailable);
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(100));
  pid_t sleeper = 0;
  std::ifstream(path) >> sleeper;
  ASSERT_GT(sleeper, 0);
  // A signal takes its time, and whoever inherited the process may not wait for it.
  const auto is_gone = [&] {
    std::ifstream state("/proc/" + std::to_string(sleeper) + "/stat");
    std::string line;
    std::getline(state, line);
    return line.empty() || line.find(") Z ") != std::string::npos;
  };
  for (int look = 0; look < 10'000 && !is_gone(); ++look) ::poll(nullptr, 0, 1);
  EXPECT_TRUE(is_gone());
}

TEST_F(KeySourceTest, ReadsTheKeysOfARing) {
  const std::string path = file(bytes);
  const auto keys = read_keys("file:" + path, {"command:printf '6161616161616161%.0s' 1 2 3 4"});
  ASSERT_TRUE(keys.ok()) << to_string(keys.error());
  EXPECT_EQ(keys->current(), key('k').id());
  EXPECT_TRUE(keys->has(key('a').id()));
  EXPECT_FALSE(keys->has(key('b').id()));
  EXPECT_EQ(read_keys("", {})->current(), 0u);
  EXPECT_EQ(read_keys("", {"file:" + path})->current(), 0u);
  EXPECT_FALSE(read_keys("file:" + path, {"file:/none"}).ok());
}

}  // namespace
}  // namespace coppice::engine
