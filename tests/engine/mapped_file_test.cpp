#include "engine/io/mapped_file.hpp"

#include <atomic>
#include <csignal>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/random.hpp"
#include "engine/io/posix_file.hpp"
#include "tests/engine/tree_fixture.hpp"

namespace coppice::engine {
namespace {

using ::testing::HasSubstr;

constexpr size_t kPageSize = 4096;
constexpr size_t kPageCount = 300;

class MappedFileTest : public ::testing::Test {
protected:
  MappedFileTest() {
    Random random(1);
    content.resize(kPageCount * kPageSize - 1'000);
    for (char& c : content) c = static_cast<char>('a' + random.below(26));
    auto file = files.create(path);
    EXPECT_TRUE(file.ok() && (*file)->append(content).ok());
  }

  std::unique_ptr<MappedFile> map() const {
    const auto file = open_descriptor(path, O_RDONLY, "open");
    return MappedFile::map(*file, content.size());
  }
  ByteView part(size_t offset, size_t size) const { return ByteView(content).substr(offset, size); }
  void cut(size_t size) const { std::filesystem::resize_file(path, size); }

  PosixFileSystem files;
  TemporaryDirectory directory;
  const std::string path = directory / "file";
  Bytes content;
};

TEST_F(MappedFileTest, ReadsWhatIsInMemory) {
  const auto file = map();
  ASSERT_NE(file, nullptr);
  Bytes read(kPageSize, ' ');
  ASSERT_TRUE(file->read(5'000, kPageSize, read.data()));
  EXPECT_EQ(read, part(5'000, kPageSize));
  // Over the border of two words of bits.
  ASSERT_TRUE(file->read(64 * kPageSize - 100, kPageSize, read.data()));
  EXPECT_EQ(read, part(64 * kPageSize - 100, kPageSize));
}

TEST_F(MappedFileTest, LeavesToCallsWhatIsNotInMemory) {
  // Nobody wrote these pages, and nobody read them yet.
  cut(0);
  cut(content.size());
  const auto file = map();
  Bytes read(kPageSize, ' ');
  EXPECT_FALSE(file->read(5'000, kPageSize, read.data()));
  const auto calls = files.open(path);
  ASSERT_TRUE((*calls)->read(0, kPageSize, read.data()).ok());
  EXPECT_TRUE(file->read(0, kPageSize, read.data()));
}

TEST_F(MappedFileTest, LeavesLargeReadsToCalls) {
  const auto file = map();
  Bytes read(MappedFile::kReadSizeMax + 1, ' ');
  EXPECT_TRUE(file->read(0, MappedFile::kReadSizeMax, read.data()));
  EXPECT_FALSE(file->read(0, MappedFile::kReadSizeMax + 1, read.data()));
}

TEST_F(MappedFileTest, AnEmptyFileIsNotMapped) {
  EXPECT_EQ(MappedFile::map(*open_descriptor(path, O_RDONLY, "open"), 0), nullptr);
}

TEST_F(MappedFileTest, AnswersAsTheFileDoes) {
  const auto file = files.open(path);
  ASSERT_TRUE(file.ok());
  Random random(2);
  for (int i = 0; i < 20'000; ++i) {
    const size_t offset = random.below(content.size());
    const size_t size = std::min<size_t>(random.below(10'000), content.size() - offset);
    Bytes read(size, ' ');
    ASSERT_TRUE((*file)->read(offset, size, read.data()).ok());
    ASSERT_EQ(read, part(offset, size)) << offset;
  }
}

TEST_F(MappedFileTest, NoticesPagesThatTheSystemDropped) {
  const auto file = map();
  const auto is_mapped = [&](size_t page) {
    char byte = 0;
    return file->read(page * kPageSize, 1, &byte);
  };
  for (size_t page = 0; page < kPageCount; ++page) ASSERT_TRUE(is_mapped(page));
  cut(0);
  cut(content.size());
  // Each of these brings its page back, until one is a sample, and all are asked of the system again.
  size_t page = 0;
  while (page < 100 && is_mapped(page)) ++page;
  EXPECT_LT(page, 100u);
  for (page = 200; page < kPageCount; ++page) EXPECT_FALSE(is_mapped(page));
}

TEST_F(MappedFileTest, APageThatCannotBeReadIsAnErrorAndNoCrash) {
  const auto file = files.open(path);
  Bytes read(kPageSize, ' ');
  for (int twice = 0; twice < 2; ++twice) ASSERT_TRUE((*file)->read(80'000, kPageSize, read.data()).ok());
  cut(kPageSize);

  for (int twice = 0; twice < 2; ++twice) {
    const Status status = (*file)->read(80'000, kPageSize, read.data());
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, Errc::corruption);
    EXPECT_THAT(status.error().text, HasSubstr(path));
  }
  ASSERT_TRUE((*file)->read(100, 200, read.data()).ok());
  EXPECT_EQ(ByteView(read).substr(0, 200), part(100, 200));
}

TEST_F(MappedFileTest, NoThreadReadsZerosWhereAPageFailed) {
  for (int round = 0; round < 10; ++round) {
    cut(0);
    auto written = files.create(path);
    ASSERT_TRUE(written.ok() && (*written)->append(content).ok());
    const auto file = files.open(path);
    Bytes read(MappedFile::kReadSizeMax, ' ');
    for (size_t offset = 0; offset + read.size() < content.size(); offset += read.size())
      ASSERT_TRUE((*file)->read(offset, read.size(), read.data()).ok());

    std::atomic<int> begun{0};
    std::atomic<int> wrong{0};
    std::vector<std::thread> threads;
    for (uint64_t seed = 0; seed < 3; ++seed)
      threads.emplace_back([&, seed] {
        Random random(seed);
        Bytes mine(kPageSize, ' ');
        for (bool failed = false; !failed; ++begun) {
          const size_t offset = random.below(60) * kPageSize;
          failed = !(*file)->read(offset, kPageSize, mine.data()).ok();
          if (!failed && mine != part(offset, kPageSize)) ++wrong;
        }
      });
    while (begun < 100) std::this_thread::yield();
    cut(5 * kPageSize);
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(wrong, 0);
  }
}

TEST_F(MappedFileTest, OtherBusErrorsStillEndTheProcess) {
  const auto file = files.open(path);
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(::raise(SIGBUS), "");
}

class MappedTableTest : public TreeFixture {};

TEST_F(MappedTableTest, ATableThatIsCutWhileItIsReadFailsByName) {
  // More than the cache holds, so that blocks are read again and again.
  const Bytes value(20'000, 'v');
  fill(0, 300, value);
  ok(stand.compact());
  reopen();
  const auto read_all = [&] {
    uint64_t failed = 0;
    for (int number = 0; number < 300; ++number) {
      const auto got = stand.reader->get(key_of(number), {});
      if (got.ok()) {
        EXPECT_EQ(*got, value);
        continue;
      }
      ++failed;
      EXPECT_EQ(got.error().code, Errc::corruption);
      EXPECT_THAT(got.error().text, HasSubstr(".sst"));
    }
    return failed;
  };
  EXPECT_EQ(read_all(), 0u);
  EXPECT_EQ(read_all(), 0u);
  for (const auto& entry : std::filesystem::directory_iterator(stand.directory()))
    if (entry.path().extension() == ".sst") std::filesystem::resize_file(entry.path(), kPageSize);
  EXPECT_GT(read_all(), 0u);
}

}  // namespace
}  // namespace coppice::engine
