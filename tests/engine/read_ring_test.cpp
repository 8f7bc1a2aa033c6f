#include "engine/io/read_ring.hpp"

#include <array>
#include <cstddef>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/base/random.hpp"
#include "engine/io/posix_file.hpp"
#include "tests/support/temporary_directory.hpp"

namespace coppice::engine {
namespace {

using ::testing::HasSubstr;

/// The kernel no longer lets this thread have io_uring, as in most containers.
void forbid_rings_here() {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_io_uring_setup, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter{std::size(program), program};
  ASSERT_EQ(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
  ASSERT_EQ(::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter), 0);
}

class ReadAllTest : public ::testing::Test {
protected:
  static constexpr size_t kFileSize = 1 << 20;
  static constexpr size_t kFileCount = 3;

  ReadAllTest() {
    for (size_t i = 0; i < kFileCount; ++i) {
      Bytes content(kFileSize, '\0');
      for (char& byte : content) byte = static_cast<char>(random_.next());
      const std::string path = directory_ / std::to_string(i);
      auto made = files_.create(path);
      EXPECT_TRUE(made.ok() && (*made)->append(content).ok());
      opened_.push_back(*files_.open(path));
      contents_.push_back(std::move(content));
    }
  }

  void expect_all_read(size_t count) {
    std::vector<Bytes> targets(count);
    std::vector<size_t> sources(count);
    std::vector<FileRead> reads;
    for (size_t i = 0; i < count; ++i) {
      sources[i] = random_.next() % kFileCount;
      const size_t size = 1 + random_.next() % 9000;
      targets[i].resize(size);
      reads.push_back({opened_[sources[i]].get(), random_.next() % (kFileSize - size), size,
                       targets[i].data(), Error{Errc::io_error, "not read"}});
    }
    files_.read_all(reads);
    for (size_t i = 0; i < count; ++i) {
      EXPECT_TRUE(reads[i].status.ok());
      EXPECT_EQ(targets[i], contents_[sources[i]].substr(reads[i].offset, reads[i].size));
    }
  }

  void expect_only_one_to_fail() {
    std::array<char, 64> target;
    std::array<FileRead, 3> reads;
    for (FileRead& read : reads) read = {opened_[0].get(), 0, 16, target.data(), success()};
    reads[1].offset = kFileSize - 10;
    files_.read_all(reads);
    EXPECT_TRUE(reads[0].status.ok());
    ASSERT_FALSE(reads[1].status.ok());
    EXPECT_EQ(reads[1].status.error().code, Errc::corruption);
    EXPECT_THAT(reads[1].status.error().text, HasSubstr(opened_[0]->name()));
    EXPECT_TRUE(reads[2].status.ok());
  }

  const TemporaryDirectory directory_;
  PosixFileSystem files_;
  std::vector<Bytes> contents_;
  std::vector<std::unique_ptr<RandomFile>> opened_;
  Random random_{1};
};

TEST_F(ReadAllTest, BringsWhatWasAskedForHoweverMuch) {
  for (const size_t count : {0u, 1u, 2u, 31u, 32u, 33u, 200u}) expect_all_read(count);
}

TEST_F(ReadAllTest, OneThatFailsIsNoneOfTheOthersFailure) { expect_only_one_to_fail(); }

TEST_F(ReadAllTest, DoesWithoutTheKernelsQueues) {
  std::thread([&] {
    forbid_rings_here();
    EXPECT_EQ(ReadRing::here(), nullptr);
    expect_all_read(50);
    expect_only_one_to_fail();
  }).join();
}

TEST_F(ReadAllTest, ThreadsDoNotMeet) {
  std::vector<std::thread> threads;
  for (size_t i = 0; i < 4; ++i)
    threads.emplace_back([&, i] {
      Bytes target(20 * 64, '\0');
      std::vector<FileRead> reads;
      for (size_t part = 0; part < 20; ++part)
        reads.push_back({opened_[i % kFileCount].get(), part * 64, 64, target.data() + part * 64, success()});
      for (int round = 0; round < 100; ++round) files_.read_all(reads);
      EXPECT_EQ(target, contents_[i % kFileCount].substr(0, target.size()));
    });
  for (std::thread& thread : threads) thread.join();
}

TEST(ReadRingTest, SaysWhatItDidNotDo) {
  ReadRing* const ring = ReadRing::here();
  if (ring == nullptr) GTEST_SKIP() << "the kernel allows no io_uring here";
  std::array<char, 8> target{};
  std::array<ReadRing::Read, 2> reads;
  reads[0] = {.file = -1, .offset = 0, .size = 8, .target = target.data()};
  reads[1] = reads[0];
  ring->run(reads);
  EXPECT_FALSE(reads[0].done);
  EXPECT_FALSE(reads[1].done);
  EXPECT_EQ(ReadRing::here(), ring);
}

}  // namespace
}  // namespace coppice::engine
