#include "cluster/config.hpp"

#include <fstream>

#include <gtest/gtest.h>

#include "cluster/node/node.hpp"
#include "tests/support/temporary_directory.hpp"

namespace coppice::cluster {
namespace {

class ConfigTest : public testing::Test {
protected:
  Status load(const std::string& text) {
    std::ofstream(path) << text;
    return load_config(config, path);
  }
  /// Why the file is refused, without its name.
  std::string refusal(const std::string& text) {
    const Status loaded = load(text);
    if (loaded.ok()) return "taken";
    EXPECT_EQ(loaded.error().code, Errc::invalid_argument);
    EXPECT_TRUE(loaded.error().text.starts_with(path + ":"));
    return loaded.error().text.substr(path.size() + 1);
  }
  Status set(std::string_view key, std::vector<std::string> values) {
    return set_config(config, key, values);
  }

  const engine::TemporaryDirectory directory;
  const std::string path = directory.path() + "/coppice.toml";
  Config config;
};

TEST_F(ConfigTest, AFileSetsWhatItNames) {
  ASSERT_TRUE(load("listen = '0.0.0.0:7000'\n"
                   "data = '/var/lib/coppice'\n"
                   "memory = '1GiB'\n"
                   "memtable_size = 1048576\n"
                   "boundaries = ['g', 'm\\xff']\n"
                   "filter_false_positive_rate = 0.01\n"
                   "compression = 'zstd'\n"
                   "log_level = 'warning'\n")
                  .ok());
  EXPECT_EQ(config.listen, (wire::Address{"0.0.0.0", 7000}));
  EXPECT_EQ(config.data_directory, "/var/lib/coppice");
  EXPECT_EQ(config.memory, 1u << 30);
  EXPECT_EQ(config.memtable_size, 1u << 20);
  EXPECT_EQ(config.boundaries, (std::vector<Bytes>{"g", "m\xff"}));
  EXPECT_EQ(config.filter_false_positive_rate, 0.01);
  EXPECT_EQ(config.compression, std::vector{engine::Compression::zstd});
  EXPECT_EQ(config.log_level, LogLevel::warning);
  EXPECT_EQ(config.rpc_threads, Config().rpc_threads);
}

TEST_F(ConfigTest, WhateverIsSetWinsOverAPreset) {
  ASSERT_TRUE(load("memtable_size = '1MiB'\npreset = 'write_heavy'\nmerging = 'off'\n").ok());
  actors::StoreOptions options = store_options(config);
  EXPECT_EQ(options.tree.memtable_size, 1u << 20);
  EXPECT_EQ(options.tree.merge_policy, engine::MergePolicy::tiered);
  EXPECT_EQ(options.merging, engine::Merging::off);
  EXPECT_NE(to_toml(config).find("merge_policy = \"tiered\""), std::string::npos);
  ASSERT_TRUE(set("merge_policy", {"leveled"}).ok());
  ASSERT_TRUE(set("preset", {"memory_constrained"}).ok());
  options = store_options(config);
  EXPECT_EQ(options.tree.memtable_size, 1u << 20);
  EXPECT_EQ(options.tree.merge_policy, engine::MergePolicy::leveled);
  EXPECT_EQ(options.memory, 64u << 20);
  EXPECT_EQ(options.tree.filter_false_positive_rate, 0.02);
  EXPECT_FALSE(set("merge_threshold_percent", {"24"}).ok());
  EXPECT_FALSE(set("preset", {"fast"}).ok());
}

TEST_F(ConfigTest, AFlagGoesOverTheFile) {
  ASSERT_TRUE(load("rpc_threads = 3").ok());
  ASSERT_TRUE(set("rpc_threads", {"5"}).ok());
  EXPECT_EQ(config.rpc_threads, 5u);
}

TEST_F(ConfigTest, AWrongKeyIsRefusedWithTheNearest) {
  EXPECT_EQ(refusal("# sizes\n\nmemtable_siz = '1GiB'"),
            "3: there is no setting 'memtable_siz': did you mean 'memtable_size'?");
  EXPECT_EQ(refusal("[memor]\nsize = 1"), "1: there is no setting 'memor': did you mean 'memory'?");
}

TEST_F(ConfigTest, ASettingOfReleasesBeforeIsRefusedWithTheOneInItsPlace) {
  EXPECT_EQ(refusal("cache_size = '1GiB'"),
            "1: there is no setting 'cache_size' any more: 'memory' has its place, and counts memtables too");
}

TEST_F(ConfigTest, AWrongTypeNamesKeyLineAndWhatIsAllowed) {
  EXPECT_EQ(refusal("rpc_threads = true"), "1: rpc_threads is true or false: it may be 1 to 256");
  EXPECT_EQ(refusal("\nrpc_threads = 1.5"), "2: rpc_threads is '1.5': it may be 1 to 256");
  EXPECT_EQ(refusal("rpc_threads = [1, 2]"), "1: rpc_threads is '1', '2': it may be 1 to 256");
  EXPECT_EQ(refusal("rpc_threads = []"), "1: rpc_threads is '': it may be 1 to 256");
  EXPECT_EQ(refusal("[rpc_threads]\na = 1"), "1: rpc_threads is a table: it may be 1 to 256");
}

TEST_F(ConfigTest, AWrongValueNamesWhatIsAllowed) {
  EXPECT_EQ(refusal("rpc_threads = 0"), "1: rpc_threads is '0': it may be 1 to 256");
  EXPECT_EQ(refusal("rpc_threads = -1"), "1: rpc_threads is '-1': it may be 1 to 256");
  EXPECT_EQ(refusal("rpc_threads = 257"), "1: rpc_threads is '257': it may be 1 to 256");
  EXPECT_EQ(refusal("memory = '4 parsecs'"),
            "1: memory is '4 parsecs': it may be a size from 1.0 MiB to 1.0 TiB");
  for (const char* rate : {"-0.1", "1.5", "nan", "'little'"})
    EXPECT_NE(refusal(std::string("filter_false_positive_rate = ") + rate).find("it may be 0 to 1"),
              std::string::npos);
  EXPECT_EQ(refusal("log_level = 'loud'"),
            "1: log_level is 'loud': it may be debug, info, warning, error or off");
  EXPECT_EQ(refusal("boundaries = ['m', 'g']"),
            "1: boundaries is 'm', 'g': it may be keys in ascending order");
  EXPECT_EQ(refusal("listen = 'host:port'"),
            "1: listen is 'host:port': it may be host:port, such as 127.0.0.1:4640");
}

TEST_F(ConfigTest, CompressionIsSetByLevel) {
  const std::vector by_level{engine::Compression::none, engine::Compression::lz4, engine::Compression::zstd};
  ASSERT_TRUE(load("compression = 'none,lz4,zstd'").ok());
  EXPECT_EQ(config.compression, by_level);
  ASSERT_TRUE(set("compression", {"zstd"}).ok());
  EXPECT_EQ(config.compression, std::vector{engine::Compression::zstd});
  ASSERT_TRUE(load("compression = ['none', 'lz4', 'zstd']").ok());
  EXPECT_EQ(config.compression, by_level);
  for (const char* bad :
       {"'none,'", "',zstd'", "'gzip'", "'none lz4'", "''", "'lz4,lz4,lz4,lz4,lz4,lz4,lz4,lz4'"})
    EXPECT_NE(refusal(std::string("compression = ") + bad).find("none, lz4 or zstd"), std::string::npos)
        << bad;
}

TEST_F(ConfigTest, AnEmptyFileSetsNothing) {
  const std::string defaults = to_toml(config);
  for (const char* text : {"", "\n", "# nothing yet"}) {
    const Status loaded = load(text);
    EXPECT_TRUE(loaded.ok()) << to_string(loaded.error());
  }
  EXPECT_EQ(to_toml(config), defaults);
}

TEST_F(ConfigTest, AFileWithoutAnEndIsRefused) {
  EXPECT_EQ(load_config(config, "/dev/zero").error().code, Errc::invalid_argument);
}

TEST_F(ConfigTest, BrokenTomlNamesTheLine) { EXPECT_TRUE(refusal("a = 'x'\nb = \n").starts_with("2: ")); }

TEST_F(ConfigTest, AFileThatIsNotThereIsNotFound) {
  EXPECT_EQ(load_config(config, "/no/such/file").error().code, Errc::not_found);
  EXPECT_EQ(load_config(config, "/").error().code, Errc::io_error);
}

TEST_F(ConfigTest, WhatItShowsCanBeLoaded) {
  ASSERT_TRUE(set("boundaries", {"a\"b", "c\\x00\\\\"}).ok());
  ASSERT_TRUE(set("listen", {"[::1]:1"}).ok());
  const std::string shown = to_toml(config);
  config = {};
  ASSERT_TRUE(load(shown).ok());
  EXPECT_EQ(to_toml(config), shown);
  EXPECT_EQ(config.boundaries, (std::vector<Bytes>{"a\"b", Bytes("c\0\\", 3)}));
}

TEST_F(ConfigTest, WhateverCharactersATextHasItIsLoadedAsItWas) {
  Bytes all = "/data \xc3\xa9";
  for (char c = 1; c > 0; ++c) all += c;
  ASSERT_TRUE(set("data", {all}).ok());
  ASSERT_TRUE(set("encryption_keys_old", {"command:echo \"a\tb\"\n", "file:c\\d"}).ok());
  const std::string shown = to_toml(config);
  config = {};
  const Status loaded = load(shown);
  ASSERT_TRUE(loaded.ok()) << to_string(loaded.error());
  EXPECT_EQ(config.data_directory, all);
  EXPECT_EQ(config.encryption_keys_old, (std::vector<std::string>{"command:echo \"a\tb\"\n", "file:c\\d"}));
}

TEST_F(ConfigTest, EveryKeyHasHelp) {
  for (const ConfigKey& key : config_keys()) {
    EXPECT_FALSE(key.help.empty()) << key.name;
    EXPECT_FALSE(key.allowed.empty()) << key.name;
  }
}

TEST_F(ConfigTest, ARetentionTimeIsATime) {
  ASSERT_TRUE(set("retention", {"12h"}).ok());
  EXPECT_EQ(config.retention_ms, 12u * 3'600'000);
  EXPECT_NE(to_toml(config).find("retention = \"43200000ms\""), std::string::npos);
  ASSERT_TRUE(set("retention", {"0"}).ok());
  EXPECT_EQ(config.retention_ms, 0u);
  EXPECT_EQ(set("retention", {"12"}).error().code, Errc::invalid_argument);
}

TEST_F(ConfigTest, WhatIsColdIsSaidByLevelByAgeOrNever) {
  ASSERT_TRUE(set("cold_directory", {"/slow"}).ok());
  EXPECT_EQ(config.cold_directory, "/slow");
  EXPECT_EQ(config.cold_after_ms, 0u);
  EXPECT_NE(to_toml(config).find("cold_after = 0\n"), std::string::npos);
  ASSERT_TRUE(set("cold_after", {"30d"}).ok());
  EXPECT_EQ(config.cold_after_ms, 30u * 24 * 3'600'000);
  EXPECT_NE(to_toml(config).find("cold_after = \"2592000000ms\""), std::string::npos);
  ASSERT_TRUE(set("cold_after", {"never"}).ok());
  EXPECT_EQ(config.cold_after_ms, engine::kNeverCold);
  EXPECT_NE(to_toml(config).find("cold_after = \"never\""), std::string::npos);
  EXPECT_EQ(set("cold_after", {"12"}).error().code, Errc::invalid_argument);
  ASSERT_TRUE(set("cold_directory", {""}).ok());
  EXPECT_EQ(config.cold_directory, "");
}

}  // namespace
}  // namespace coppice::cluster
