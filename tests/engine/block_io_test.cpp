#include "engine/table/block_io.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace coppice::engine {
namespace {

/// Keeps no bytes, only how many wait to be written to the disk.
class CountingFile final : public AppendFile {
public:
  Status append(ByteView bytes) override {
    size_ += bytes.size();
    waiting_max = std::max(waiting_max, size_ - written_back);
    return success();
  }
  Status sync() override { return success(); }
  Status write_back() override {
    written_back = size_;
    return outcome;
  }
  uint64_t size() const override { return size_; }

  Status outcome = success();
  uint64_t written_back = 0;
  uint64_t waiting_max = 0;

private:
  uint64_t size_ = 0;
};

TEST(BlockWriterTest, ALargeFileGoesToTheDiskWhileItIsWritten) {
  CountingFile file;
  BlockWriter writer(file, {.unique_id = 1}, Compression::none);
  const Bytes block(4096, 'b');
  for (int i = 0; i < 4'000; ++i) ASSERT_TRUE(writer.write(block).ok());
  ASSERT_TRUE(writer.flush().ok());
  EXPECT_EQ(file.size(), writer.size());
  EXPECT_LT(file.waiting_max, uint64_t{3} << 20);
  EXPECT_GT(file.written_back, uint64_t{12} << 20);
}

TEST(BlockWriterTest, ASmallFileIsLeftToTheSync) {
  CountingFile file;
  BlockWriter writer(file, {.unique_id = 1}, Compression::none);
  const Bytes block(4096, 'b');
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(writer.write(block).ok());
  ASSERT_TRUE(writer.flush().ok());
  EXPECT_EQ(file.written_back, 0u);
}

TEST(BlockWriterTest, AnErrorOfTheDiskIsPassedOn) {
  CountingFile file;
  file.outcome = Error{Errc::io_error, "the disk is gone"};
  BlockWriter writer(file, {.unique_id = 1}, Compression::none);
  const Bytes block(4096, 'b');
  Status status = success();
  for (int i = 0; i < 4'000 && status.ok(); ++i) status = writer.write(block).status();
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().text, "the disk is gone");
}

}  // namespace
}  // namespace coppice::engine
