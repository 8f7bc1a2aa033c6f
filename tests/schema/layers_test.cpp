// Holds the arrows of the house: schema <- engine <- actors <- cluster, and a client that knows schema alone.
#include <filesystem>
#include <fstream>
#include <regex>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace {

namespace fs = std::filesystem;
using Folders = std::vector<std::string>;

const fs::path kRoot = COPPICE_SOURCE_DIR;

struct Include {
  std::string file;
  std::string target;
};

std::vector<Include> includes_of(const std::string& folder) {
  static const std::regex kInclude(R"(^\s*#\s*include\s+["<]([^">]+)[">])");
  std::vector<Include> found;
  for (const auto& entry : fs::recursive_directory_iterator(kRoot / folder)) {
    const std::string extension = entry.path().extension();
    if (extension != ".hpp" && extension != ".cpp") continue;
    std::ifstream source(entry.path());
    for (std::string line; std::getline(source, line);) {
      std::smatch match;
      if (std::regex_search(line, match, kInclude)) found.push_back({entry.path(), match[1]});
    }
  }
  return found;
}

bool starts_with_any(const std::string& text, const Folders& prefixes) {
  for (const std::string& prefix : prefixes)
    if (text.starts_with(prefix)) return true;
  return false;
}

void expect_includes_none_of(const std::string& folder, const Folders& forbidden,
                             const Folders& allowed = {}) {
  const auto includes = includes_of(folder);
  EXPECT_FALSE(includes.empty()) << folder << " has no include at all: was it moved?";
  for (const Include& include : includes) {
    if (starts_with_any(include.target, allowed)) continue;
    EXPECT_FALSE(starts_with_any(include.target, forbidden))
        << include.file << " includes " << include.target;
  }
}

TEST(LayersTest, SchemaIncludesNoLayer) {
  expect_includes_none_of("schema", {"engine/", "actors/", "cluster/", "tests/", "caf/"});
}

TEST(LayersTest, EngineKnowsNoActorAndNoSocket) {
  expect_includes_none_of("engine",
                          {"actors/", "cluster/", "tests/", "caf/", "kj/async", "capnp/rpc", "sys/socket.h"});
}

TEST(LayersTest, ActorsKnowNoNetwork) {
  expect_includes_none_of("actors",
                          {"cluster/", "tests/", "caf/io/", "kj/async", "capnp/rpc", "sys/socket.h"});
}

TEST(LayersTest, ClusterKnowsNoTest) { expect_includes_none_of("cluster", {"tests/", "caf/"}); }

TEST(LayersTest, ClientKnowsSchemaAlone) {
  expect_includes_none_of("cluster/client", {"engine/", "actors/", "cluster/"},
                          {"cluster/client/", "cluster/wire/"});
  expect_includes_none_of("cluster/wire", {"engine/", "actors/", "cluster/"}, {"cluster/wire/"});
}

TEST(LayersTest, EveryHeaderIsIncludedFromTheRoot) {
  for (const char* folder : {"schema", "engine", "actors", "cluster"})
    for (const Include& include : includes_of(folder))
      EXPECT_FALSE(include.target.starts_with(".")) << include.file << " includes " << include.target;
}

}  // namespace
