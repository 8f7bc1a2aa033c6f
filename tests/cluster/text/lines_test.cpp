#include "cluster/text/lines.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

namespace coppice::cluster {
namespace {

class LineReaderTest : public testing::Test {
protected:
  ~LineReaderTest() override { ::close(file_); }

  LineReader over(ByteView content, size_t line_size_max = 1 << 20) {
    EXPECT_EQ(::write(file_, content.data(), content.size()), static_cast<ssize_t>(content.size()));
    EXPECT_EQ(::lseek(file_, 0, SEEK_SET), 0);
    return {file_, line_size_max};
  }
  static std::vector<Bytes> all(LineReader reader) {
    std::vector<Bytes> lines;
    while (true) {
      const auto line = reader.next();
      if (!line.ok() || !*line) return lines;
      lines.emplace_back(**line);
    }
  }

  const int file_ = ::memfd_create("lines", 0);
};

TEST_F(LineReaderTest, ReadsLineByLine) {
  EXPECT_EQ(all(over("one\n\ntwo \r\n")), (std::vector<Bytes>{"one", "", "two \r"}));
}

TEST_F(LineReaderTest, TheLastLineNeedsNoEnd) {
  EXPECT_EQ(all(over("one\ntwo")), (std::vector<Bytes>{"one", "two"}));
}

TEST_F(LineReaderTest, AnEmptyFileHasNoLine) { EXPECT_TRUE(all(over("")).empty()); }

TEST_F(LineReaderTest, LinesMayBeLargerThanOneRead) {
  const std::vector<Bytes> lines{"first", Bytes(700'000, 'x'), "last"};
  EXPECT_EQ(all(over(lines[0] + "\n" + lines[1] + "\n" + lines[2] + "\n")), lines);
}

TEST_F(LineReaderTest, CountsLinesAndBytes) {
  LineReader reader = over("one\ntwo");
  EXPECT_EQ(reader.number(), 0u);
  ASSERT_TRUE(reader.next().ok());
  EXPECT_EQ(reader.number(), 1u);
  EXPECT_EQ(reader.offset(), 4u);
  ASSERT_TRUE(reader.next().ok());
  EXPECT_EQ(reader.number(), 2u);
  EXPECT_EQ(reader.offset(), 7u);
}

TEST_F(LineReaderTest, RefusesALineThatIsTooLongNamingIt) {
  LineReader reader = over("12345\n123456\n", 5);
  EXPECT_EQ(**reader.next(), "12345");
  const auto line = reader.next();
  ASSERT_FALSE(line.ok());
  EXPECT_EQ(line.error().code, Errc::invalid_argument);
  EXPECT_NE(line.error().text.find("line 2"), std::string::npos);
}

TEST(LineReaderPipeTest, StallsWhileNoWholeLineComes) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  LineReader reader(ends[0], 100);
  constexpr std::chrono::milliseconds kNow{0};
  EXPECT_TRUE(reader.stalls(kNow));
  ASSERT_EQ(::write(ends[1], "one\ntwo\nth", 10), 10);
  EXPECT_FALSE(reader.stalls(kNow));
  EXPECT_EQ(**reader.next(), "one");
  EXPECT_FALSE(reader.stalls(kNow));
  EXPECT_EQ(**reader.next(), "two");
  EXPECT_TRUE(reader.stalls(kNow));
  ::close(ends[1]);
  EXPECT_FALSE(reader.stalls(kNow));
  EXPECT_EQ(**reader.next(), "th");
  ::close(ends[0]);
}

TEST_F(LineReaderTest, SaysThatAFileCannotBeRead) {
  LineReader reader(-1, 100);
  EXPECT_EQ(reader.next().status().error().code, Errc::io_error);
}

}  // namespace
}  // namespace coppice::cluster
