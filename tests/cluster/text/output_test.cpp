#include <gtest/gtest.h>

#include "cluster/text/json.hpp"
#include "cluster/text/table.hpp"

namespace coppice::cluster {
namespace {

TEST(TextTableTest, LinesColumnsUp) {
  TextTable table({"shard", "state", "size"}, 2);
  table.add({"1", "serving", "12"});
  table.add({"12", "failed", "1,234"});
  EXPECT_EQ(table.text(),
            "shard  state     size\n"
            "1      serving     12\n"
            "12     failed   1,234\n");
}

TEST(TextTableTest, LeavesNoSpaceAtALinesEnd) {
  TextTable table({"shard", "problem"}, 2);
  table.add({"1", ""});
  EXPECT_EQ(table.text(), "shard  problem\n1\n");
}

TEST(JsonWriterTest, WritesNestedValues) {
  JsonWriter json;
  json.begin_object()
      .key("count")
      .number(uint64_t{3})
      .key("names")
      .begin_array()
      .string("a:")
      .string("b")
      .end();
  json.key("rate").number(1.5).key("ok").boolean(true).key("none").begin_object().end().end();
  EXPECT_EQ(json.text(), R"({"count":3,"names":["a:","b"],"rate":1.500,"ok":true,"none":{}})");
}

TEST(JsonWriterTest, EscapesWhatJsonCannotHold) {
  JsonWriter json;
  json.string("a\"b\\c\n");
  EXPECT_EQ(json.text(), R"("a\"b\\c\u000a")");
}

}  // namespace
}  // namespace coppice::cluster
