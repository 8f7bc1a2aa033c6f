// A store whose files were damaged while nobody served it: never a wrong answer, and the rest goes on.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

#include "engine/base/checksum.hpp"
#include "tests/process/process_fixture.hpp"

namespace coppice::test {
namespace {

namespace fs = std::filesystem;

enum class Damage { flipped, truncated, missing };

struct Case {
  const char* name;
  const char* files;  // the ending of the damaged files' names
  Damage damage;
};

std::string read(const fs::path& path) {
  std::ostringstream content;
  content << std::ifstream(path, std::ios::binary).rdbuf();
  return content.str();
}

void write(const fs::path& path, const std::string& content) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
}

void inflict(const fs::path& path, Damage damage) {
  if (damage == Damage::missing) {
    fs::remove(path);
    return;
  }
  std::string content = read(path);
  ASSERT_GT(content.size(), 0u) << path;
  if (damage == Damage::truncated) {
    content.resize(content.size() / 2);
  } else {
    content[content.size() / 3] = static_cast<char>(content[content.size() / 3] ^ 0x10);
  }
  write(path, content);
}

/// Two shards, cut at "m", with entries in tables and in logs; made once and copied for each test.
class DamageTest : public testing::TestWithParam<Case> {
protected:
  static void SetUpTestSuite() {
    store = std::make_unique<TemporaryDirectory>();
    Server server(*store / "data", {"--boundaries", "m"});
    ASSERT_TRUE(server.is_ready()) << server.errors();
    ASSERT_EQ(server({"load"}, generated_lines("a/", 2'000) + generated_lines("z/", 10)).code, 0);
    ASSERT_EQ(server({"flush"}).code, 0);
    ASSERT_EQ(server({"load"}, generated_lines("b/", 2'000)).code, 0);
    ASSERT_EQ(server.stop(), 0);
  }
  static void TearDownTestSuite() { store.reset(); }

  static std::string generated_lines(const std::string& prefix, size_t count) {
    std::string lines;
    for (size_t i = 0; i < count; ++i)
      lines += prefix + std::to_string(100'000 + i) + "\tvalue " + std::to_string(i) + "\n";
    return lines;
  }

  void SetUp() override {
    fs::copy(*store / "data", data(), fs::copy_options::recursive);
    first_shard = fs::path(directory.path()) / "data/shards/000001";
    ASSERT_TRUE(fs::is_directory(first_shard));
  }
  std::string data() const { return directory / "data"; }

  /// Those of the first shard.
  std::vector<fs::path> files_ending(const std::string& ending) const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(first_shard))
      if (entry.path().filename().string().ends_with(ending) && entry.file_size() > 0)
        found.push_back(entry.path());
    return found;
  }

  static std::unique_ptr<TemporaryDirectory> store;
  TemporaryDirectory directory;
  fs::path first_shard;
};

std::unique_ptr<TemporaryDirectory> DamageTest::store;

/// It ends by itself, and says so if a shard of it could not be closed.
bool stops(Server& server) {
  const auto code = server.stop();
  return code && *code <= 6;
}

TEST_P(DamageTest, IsNoticedAndKeptToItsShard) {
  const std::vector<fs::path> damaged = files_ending(GetParam().files);
  ASSERT_FALSE(damaged.empty());
  for (const fs::path& path : damaged) inflict(path, GetParam().damage);

  const Finished offline = coppice({"verify", data()});
  EXPECT_EQ(offline.code, 4) << offline.errors;
  for (const fs::path& path : damaged)
    EXPECT_NE(offline.output.find(path.filename()), std::string::npos) << path << ": " << offline.output;

  Server server(data());
  ASSERT_TRUE(server.is_ready()) << server.errors();
  EXPECT_TRUE(server({"scan", "--from", "m"}).output == generated_lines("z/", 10));
  EXPECT_EQ(server({"put", "z/new", "value"}).code, 0);

  const Finished scan = server({"scan", "--to", "m"});
  EXPECT_TRUE(scan.code == 4 || scan.output == generated_lines("a/", 2'000) + generated_lines("b/", 2'000));
  const Finished verify = server({"verify", "--to", "m"});
  EXPECT_EQ(verify.code, 4) << verify.output << verify.errors;
  const std::string said = verify.output + verify.errors;
  EXPECT_NE(said.find(damaged.front().filename()), std::string::npos) << said;
  EXPECT_TRUE(stops(server)) << server.errors();
}

INSTANTIATE_TEST_SUITE_P(Files, DamageTest,
                         testing::Values(Case{"FlippedLog", ".log", Damage::flipped},
                                         Case{"MissingLog", ".log", Damage::missing},
                                         Case{"TruncatedLog", ".log", Damage::truncated},
                                         Case{"FlippedTable", ".sst", Damage::flipped},
                                         Case{"MissingTable", ".sst", Damage::missing},
                                         Case{"TruncatedTable", ".sst", Damage::truncated},
                                         Case{"FlippedManifest", "MANIFEST", Damage::flipped},
                                         Case{"MissingManifest", "MANIFEST", Damage::missing},
                                         Case{"TruncatedManifest", "MANIFEST", Damage::truncated}),
                         [](const auto& made) { return made.param.name; });

using WholeStoreTest = DamageTest;

TEST_F(WholeStoreTest, IsWellAndIsReadAlone) {
  const Finished verify = coppice({"verify", data()});
  EXPECT_EQ(verify.code, 0) << verify.output << verify.errors;
  EXPECT_NE(verify.output.find("all is well"), std::string::npos) << verify.output;
  EXPECT_EQ(coppice({"verify", first_shard}).code, 0);
  EXPECT_EQ(coppice({"verify", data(), "--prefix", "a/"}).code, 2);
  EXPECT_EQ(coppice({"verify", directory / "no such"}).code, 2);
  EXPECT_EQ(coppice({"verify", directory.path()}).code, 2);

  Server server(data());
  ASSERT_TRUE(server.is_ready()) << server.errors();
  EXPECT_EQ(coppice({"verify", data()}).code, 5);
  EXPECT_EQ(coppice({"verify", first_shard}).code, 5);
  EXPECT_TRUE(stops(server)) << server.errors();
}

TEST_F(WholeStoreTest, AShardThatIsGoneIsMissed) {
  fs::remove_all(first_shard);
  const Finished verify = coppice({"verify", data(), "--json"});
  EXPECT_EQ(verify.code, 4) << verify.errors;
  EXPECT_NE(verify.output.find("shards/000001"), std::string::npos) << verify.output;
}

/// The lines of `text`, each with its end.
std::set<std::string> lines_of(const std::string& text) {
  std::set<std::string> lines;
  std::istringstream rest(text);
  for (std::string line; std::getline(rest, line);) lines.insert(line);
  return lines;
}

using RepairTest = DamageTest;

TEST_P(RepairTest, SavesWhatIsWholeIntoANewStore) {
  const bool of_map = std::string(GetParam().files) == "SHARDS";
  const std::vector<fs::path> damaged =
      of_map ? std::vector<fs::path>{fs::path(data()) / "SHARDS"} : files_ending(GetParam().files);
  for (const fs::path& path : damaged) inflict(path, GetParam().damage);

  const std::string mended = directory / "mended";
  const Finished dry = coppice({"repair", data(), "--dry-run"});
  EXPECT_EQ(dry.code, 0) << dry.errors;
  EXPECT_FALSE(fs::exists(mended));
  const Finished repair = coppice({"repair", data(), "--into", mended});
  EXPECT_EQ(repair.code, 0) << repair.output << repair.errors;
  for (const fs::path& path : damaged)
    EXPECT_NE(repair.output.find(path.filename()), std::string::npos) << path << ": " << repair.output;
  EXPECT_EQ(coppice({"verify", mended}).code, 0);

  Server server(mended);
  ASSERT_TRUE(server.is_ready()) << server.errors();
  EXPECT_TRUE(server({"scan", "--from", "m"}).output == generated_lines("z/", 10));
  const bool tables = std::string(GetParam().files) == ".sst";
  const bool logs = std::string(GetParam().files) == ".log";
  if (!tables) {
    EXPECT_TRUE(server({"scan", "--prefix", "a/"}).output == generated_lines("a/", 2'000));
  }
  if (!logs) {
    EXPECT_TRUE(server({"scan", "--prefix", "b/"}).output == generated_lines("b/", 2'000));
  }
  const auto ever = lines_of(generated_lines("a/", 2'000) + generated_lines("b/", 2'000));
  const auto saved = lines_of(server({"scan", "--to", "m"}).output);
  EXPECT_TRUE(std::ranges::includes(ever, saved));
  if (GetParam().damage == Damage::flipped) {
    EXPECT_GE(saved.size(), 2'000u);
  }
  EXPECT_EQ(server({"put", "b/new", "value"}).code, 0);
  EXPECT_TRUE(stops(server)) << server.errors();
}

INSTANTIATE_TEST_SUITE_P(Files, RepairTest,
                         testing::Values(Case{"FlippedLog", ".log", Damage::flipped},
                                         Case{"MissingLog", ".log", Damage::missing},
                                         Case{"FlippedTable", ".sst", Damage::flipped},
                                         Case{"TruncatedTable", ".sst", Damage::truncated},
                                         Case{"FlippedManifest", "MANIFEST", Damage::flipped},
                                         Case{"MissingManifest", "MANIFEST", Damage::missing},
                                         Case{"TruncatedManifest", "MANIFEST", Damage::truncated},
                                         Case{"FlippedMap", "SHARDS", Damage::flipped},
                                         Case{"MissingMap", "SHARDS", Damage::missing}),
                         [](const auto& made) { return made.param.name; });

TEST_F(WholeStoreTest, IsNotRepairedWhileItIsServedNorOverAnything) {
  EXPECT_EQ(coppice({"repair", data()}).code, 2);
  EXPECT_EQ(coppice({"repair", data(), "--into", directory.path()}).code, 5);
  const Server server(data());
  ASSERT_TRUE(server.is_ready()) << server.errors();
  EXPECT_EQ(coppice({"repair", data(), "--into", directory / "mended"}).code, 5);
}

TEST_F(WholeStoreTest, IsInspectedFileByFile) {
  const Finished all = coppice({"inspect", data()});
  EXPECT_EQ(all.code, 0) << all.errors;
  for (const char* word : {"SHARDS", "MANIFEST", ".sst", ".log", "footer", "storeId="})
    EXPECT_NE(all.output.find(word), std::string::npos) << word;
  const std::string table = files_ending(".sst").front();
  EXPECT_NE(coppice({"inspect", table, "--entries"}).output.find("key=\"a/100000\""), std::string::npos);
  EXPECT_NE(coppice({"inspect", table, "--entries", "--json"}).output.find("\"key\":\"a/100000\""),
            std::string::npos);
  EXPECT_NE(coppice({"inspect", table, "--entries", "--hex"}).output.find("key=\"612f313030303030\""),
            std::string::npos);
  inflict(table, Damage::flipped);
  const Finished damaged = coppice({"inspect", table});
  EXPECT_EQ(damaged.code, 4);
  EXPECT_NE(damaged.output.find("damage"), std::string::npos) << damaged.output;
  EXPECT_EQ(coppice({"inspect", directory / "no such"}).code, 2);
}

class NewerFormatTest : public DamageTest {};

TEST_F(NewerFormatTest, OfTheShardMapIsRefusedAtTheStart) {
  const fs::path map = fs::path(directory.path()) / "data/SHARDS";
  std::string content = read(map);
  ++content[8];  // the version, in every framed file
  write(map, content);
  const Finished serve = coppice({"serve", "--data", data(), "--listen", "127.0.0.1:0"});
  EXPECT_EQ(serve.code, 6) << serve.errors;
  EXPECT_NE(serve.errors.find("SHARDS"), std::string::npos) << serve.errors;
  EXPECT_TRUE(read(map) == content);
}

TEST_F(NewerFormatTest, OfAManifestIsKeptToItsShard) {
  std::string content = read(first_shard / "MANIFEST");
  ++content[8];  // the version, in every log's header, which ends with the checksum of what is before it
  const uint64_t sum = engine::checksum(std::string_view(content).substr(0, 32), 0);
  content.replace(32, sizeof sum, reinterpret_cast<const char*>(&sum), sizeof sum);
  write(first_shard / "MANIFEST", content);

  Server server(data());
  ASSERT_TRUE(server.is_ready()) << server.errors();
  EXPECT_TRUE(server({"scan", "--from", "m"}).output == generated_lines("z/", 10));
  EXPECT_EQ(server({"get", "a/100000"}).code, 6);
  EXPECT_NE(server({"stats"}).output.find("MANIFEST"), std::string::npos);
  EXPECT_TRUE(stops(server)) << server.errors();
}

using ShardMapDamageTest = DamageTest;

TEST_P(ShardMapDamageTest, IsRefusedAtTheStart) {
  const fs::path map = fs::path(directory.path()) / "data/SHARDS";
  const std::string before = read(map);
  inflict(map, GetParam().damage);
  {
    const Server server(data());
    EXPECT_FALSE(server.is_ready());
  }
  const Finished serve = coppice({"serve", "--data", data(), "--listen", "127.0.0.1:0"});
  EXPECT_EQ(serve.code, 4) << serve.errors;
  EXPECT_NE(serve.errors.find("SHARDS"), std::string::npos) << serve.errors;
  const Finished verify = coppice({"verify", data()});
  EXPECT_EQ(verify.code, 4) << verify.errors;
  EXPECT_NE(verify.output.find("SHARDS"), std::string::npos) << verify.output;

  // Nothing was made worse: with the file restored all is there.
  write(map, before);
  Server server(data());
  EXPECT_TRUE(server({"scan", "--prefix", "a/"}).output == generated_lines("a/", 2'000));
  EXPECT_EQ(server.stop(), 0);
}

INSTANTIATE_TEST_SUITE_P(Maps, ShardMapDamageTest,
                         testing::Values(Case{"Flipped", "", Damage::flipped},
                                         Case{"Missing", "", Damage::missing},
                                         Case{"Truncated", "", Damage::truncated}),
                         [](const auto& made) { return made.param.name; });

}  // namespace
}  // namespace coppice::test
