// Encryption as a user turns it on, changes its key, and forgets it.
#include <filesystem>
#include <fstream>
#include <map>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/process/process_fixture.hpp"

namespace coppice::test {
namespace {

namespace fs = std::filesystem;

class SecrecyTest : public ::testing::Test {
protected:
  SecrecyTest() {
    key_file("old", std::string(32, 'o'));
    key_file("new", std::string(64, 'a') + "\n");
  }

  std::string data() const { return directory / "data"; }
  void key_file(const std::string& name, const std::string& content) const {
    std::ofstream(directory / name) << content;
    EXPECT_EQ(::chmod((directory / name).c_str(), 0600), 0);
  }
  std::string source(const std::string& name) const { return "file:" + directory / name; }

  /// Of every file but LOCK.
  std::map<std::string, std::string> contents() const {
    std::map<std::string, std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(data())) {
      if (!entry.is_regular_file() || entry.path().filename() == "LOCK") continue;
      std::ifstream file(entry.path(), std::ios::binary);
      found[entry.path()] = std::string(std::istreambuf_iterator<char>(file), {});
    }
    return found;
  }
  void expect_nothing_plain() const {
    EXPECT_FALSE(contents().empty());
    for (const auto& [path, content] : contents())
      EXPECT_EQ(content.find("secret"), std::string::npos) << path;
  }
  static void put(Server& server, int first) {
    std::string lines;
    for (int number = first; number < first + 2'000; ++number)
      lines +=
          "secret-" + std::to_string(10'000 + number) + "\tsecret value " + std::to_string(number) + "\n";
    EXPECT_EQ(server({"load"}, lines).code, 0);
  }

  TemporaryDirectory directory;
};

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST_F(SecrecyTest, NothingOfAKilledOrStoppedStoreIsPlain) {
  const std::vector<std::string> flags{"--encryption-key", source("old"), "--boundaries", "secret-11000"};
  {
    Server server(data(), flags);
    ASSERT_TRUE(server.is_ready()) << server.errors();
    put(server, 0);
    EXPECT_EQ(server({"compact"}).code, 0);
    put(server, 1'500);
    server.kill();
  }
  expect_nothing_plain();
  Server again(data(), flags);
  ASSERT_TRUE(again.is_ready()) << again.errors();
  EXPECT_EQ(again({"get", "secret-10007"}).output, "secret value 7");
  EXPECT_EQ(again({"get", "secret-13400"}).output, "secret value 3400");
  EXPECT_EQ(again.stop(), 0);
  expect_nothing_plain();
}

TEST_F(SecrecyTest, WithoutTheKeyNodesRefuseAndWriteNothing) {
  {
    Server server(data(), {"--encryption-key", source("old")});
    put(server, 0);
    EXPECT_EQ(server.stop(), 0);
  }
  const auto before = contents();
  for (const std::vector<std::string>& flags :
       {std::vector<std::string>{}, {"--encryption-key", source("new")}}) {
    std::vector<std::string> arguments{"serve", "--listen", "127.0.0.1:0", "--data", data()};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    const Finished refused = coppice(arguments);
    EXPECT_NE(refused.code, 0);
    EXPECT_TRUE(has(refused.errors, "is encrypted with key ")) << refused.errors;
    EXPECT_TRUE(has(refused.errors, "encryption_key")) << refused.errors;
    EXPECT_EQ(contents(), before);
  }
}

TEST_F(SecrecyTest, AKeyIsChangedByServingWithBothAndCompacting) {
  {
    Server server(data(), {"--encryption-key", source("old")});
    put(server, 0);
    EXPECT_EQ(server.stop(), 0);
  }
  {
    Server server(data(), {"--encryption-key", "command:cat " + directory / "new", "--encryption-keys-old",
                           source("old")});
    ASSERT_TRUE(server.is_ready()) << server.errors();
    put(server, 1'000);
    EXPECT_EQ(server({"compact"}).code, 0);
    const std::string stats = server({"stats"}).output;
    EXPECT_TRUE(has(stats, "encryption: key ")) << stats;
    EXPECT_FALSE(has(stats, "file, key") || has(stats, "files, key")) << stats;
    EXPECT_TRUE(has(server({"stats", "--json"}).output, "\"filesByKey\":[{\"key\":\"")) << stats;
    EXPECT_EQ(server({"verify"}).code, 0);
    EXPECT_EQ(server.stop(), 0);
  }
  Server server(data(), {"--encryption-key", source("new")});
  ASSERT_TRUE(server.is_ready()) << server.errors();
  EXPECT_EQ(server({"get", "secret-10007"}).output, "secret value 7");
  EXPECT_EQ(server({"get", "secret-12999"}).output, "secret value 2999");
  EXPECT_EQ(server.stop(), 0);
  expect_nothing_plain();
}

TEST_F(SecrecyTest, CheckpointsAndRepairsAreEncryptedToo) {
  std::string copy;
  std::string all;
  {
    Server server(data(), {"--encryption-key", source("old"), "--value-threshold", "64"});
    put(server, 0);
    EXPECT_EQ(server({"put", "secret-large", "secret " + std::string(500, 'v')}).code, 0);
    EXPECT_EQ(server({"compact"}).code, 0);
    put(server, 1'500);
    all = server({"dump"}).output;
    copy = server({"checkpoint", "nightly"}).output;
    copy.pop_back();
    EXPECT_EQ(server({"delete", "--all"}).code, 0);
    EXPECT_EQ(server.stop(), 0);
  }
  EXPECT_EQ(coppice({"verify", copy, "--encryption-key", source("old")}).code, 0);
  fs::remove(fs::path(copy) / "shards/000001/MANIFEST");
  const std::string mended = data() + "/mended";
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"repair", copy, "--into", mended},
        {"repair", copy, "--into", mended, "--encryption-key", source("new")},
        {"inspect", copy}}) {
    const Finished refused = coppice(command);
    EXPECT_EQ(refused.code, 2) << command[0];
    EXPECT_TRUE(has(refused.errors, "is encrypted with key ")) << refused.errors;
    EXPECT_FALSE(fs::exists(mended));
  }
  const Finished inspected = coppice({"inspect", copy, "--entries", "--encryption-key", source("old")});
  EXPECT_EQ(inspected.code, 0) << inspected.errors;
  EXPECT_TRUE(has(inspected.output, "key=\"secret-large\"")) << inspected.output.substr(0, 2000);
  const Finished repaired = coppice({"repair", copy, "--into", mended, "--encryption-key", source("old")});
  EXPECT_EQ(repaired.code, 0) << repaired.output << repaired.errors;
  expect_nothing_plain();
  Server server(mended, {"--encryption-key", source("old")});
  ASSERT_TRUE(server.is_ready()) << server.errors();
  EXPECT_TRUE(server({"dump"}).output == all);
  EXPECT_EQ(server.stop(), 0);
}

TEST_F(SecrecyTest, AKeyThatCannotBeHadIsRefusedAndNeverShown) {
  key_file("broken", "a secret that is no key");
  for (const std::string& given : {source("none"), source("broken"), std::string("command:exit 1"),
                                   std::string("oooooooooooooooooooooooooooooooo")}) {
    const Finished refused =
        coppice({"serve", "--listen", "127.0.0.1:0", "--data", data(), "--encryption-key", given});
    EXPECT_NE(refused.code, 0) << given;
    EXPECT_FALSE(has(refused.errors, "a secret that") || has(refused.errors, "oooo")) << refused.errors;
    EXPECT_FALSE(fs::exists(data())) << given;
  }
}

}  // namespace
}  // namespace coppice::test
