// A tree, and files that were built outside of it.
#pragma once

#include <gmock/gmock.h>

#include "engine/mend/verify_tree.hpp"
#include "tests/engine/tree_fixture.hpp"
#include "tests/support/sorted_files.hpp"

namespace coppice::engine {

class TreeIngestTest : public TreeFixture {
protected:
  std::string build(const SortedItems& items, const SortedFileOptions& options = {}) {
    const std::string path = temporary.path() + "/file" + std::to_string(++built_) + ".sorted";
    ok(build_file(files, path, items, options));
    return path;
  }
  void ingest(const std::string& path) { ok(ingest_file(files, stand, path)); }
  std::string ingest(const SortedItems& items) {
    const std::string path = build(items);
    ingest(path);
    return path;
  }
  static SortedItems numbered(int begin, int end, const Bytes& value) {
    SortedItems items;
    for (int number = begin; number < end; ++number) items[key_of(number)] = value;
    return items;
  }
  /// How many tables each level has.
  std::vector<uint32_t> shape() const {
    std::vector<uint32_t> counts;
    for (const LevelStats& level : stand.tree->stats().levels) counts.push_back(level.tables);
    return counts;
  }
  void expect_well() {
    const auto report = stand.reader->verify({});
    ASSERT_TRUE(report.ok()) << to_string(report.error());
    EXPECT_THAT(report->problems, ::testing::IsEmpty());
    VerifyReport offline;
    ok(verify_tree(stand.env(), stand.directory(), {}, offline));
    EXPECT_THAT(offline.problems, ::testing::IsEmpty());
  }

private:
  int built_ = 0;
};

}  // namespace coppice::engine
