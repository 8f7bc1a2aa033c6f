#include "engine/io/posix_file.hpp"

#include <algorithm>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/io/copy_file.hpp"
#include "engine/io/file_names.hpp"
#include "tests/support/temporary_directory.hpp"

namespace coppice::engine {
namespace {

using ::testing::HasSubstr;

class PosixFileTest : public ::testing::Test {
protected:
  std::string path(std::string_view name) const { return join_path(directory, name); }
  void write(std::string_view name, ByteView content) {
    auto file = files.create(path(name));
    ASSERT_TRUE(file.ok());
    ASSERT_TRUE((*file)->append(content).ok());
    ASSERT_TRUE((*file)->sync().ok());
  }
  static Status write(LogFile& log, ByteView bytes) {
    COPPICE_TRY_ASSIGN(target, log.reserve(bytes.size()));
    bytes.copy(target, bytes.size());
    return log.commit(bytes.size());
  }
  Bytes content(std::string_view name) {
    auto read = read_file(files, path(name), 1 << 20);
    return read.ok() ? *read : to_string(read.error());
  }

  const TemporaryDirectory own_directory;
  const std::string& directory = own_directory.path();
  PosixFileSystem files;
};

TEST_F(PosixFileTest, WhatWasAppendedIsRead) {
  auto file = files.create(path("a"));
  ASSERT_TRUE(file.ok());
  EXPECT_TRUE((*file)->append("one ").ok());
  EXPECT_TRUE((*file)->append("two").ok());
  EXPECT_EQ((*file)->size(), 7u);
  EXPECT_TRUE((*file)->sync().ok());

  auto opened = files.open(path("a"));
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ((*opened)->size(), 7u);
  Bytes middle(3, ' ');
  EXPECT_TRUE((*opened)->read(2, 3, middle.data()).ok());
  EXPECT_EQ(middle, "e t");
}

TEST_F(PosixFileTest, ALinkOfASymbolicLinkIsOneOfTheFileItLeadsTo) {
  write("a", "content");
  std::filesystem::create_symlink(path("a"), path("symbolic"));
  ASSERT_TRUE(files.link(path("symbolic"), path("b")).ok());
  ASSERT_TRUE(files.remove(path("a")).ok());
  EXPECT_EQ(content("b"), "content");
}

TEST_F(PosixFileTest, WhatCannotBeLinkedIsCopied) {
  write("a", Bytes((1 << 20) + 5, 'x'));
  ASSERT_TRUE(link_or_copy(files, path("a"), path("b")).ok());
  EXPECT_EQ(std::filesystem::hard_link_count(path("a")), 2u);

  // Another file system, on every machine that has one in memory.
  if (!std::filesystem::is_directory("/dev/shm")) GTEST_SKIP() << "no other file system is here";
  const std::string source = "/dev/shm/coppice-" + std::to_string(::getpid());
  { EXPECT_TRUE((*files.create(source))->append(Bytes((1 << 20) + 5, 'y')).ok()); }
  ASSERT_TRUE(files.sync_file(source).ok());
  ASSERT_TRUE(link_or_copy(files, source, path("c")).ok());
  ASSERT_TRUE(files.remove(source).ok());
  EXPECT_EQ((*files.open(path("c")))->size(), (1u << 20) + 5);
  EXPECT_EQ(link_or_copy(files, source, path("d")).error().code, Errc::not_found);
  EXPECT_FALSE(*files.exists(path("d")));
  EXPECT_EQ(files.sync_file(source).error().code, Errc::not_found);
}

TEST_F(PosixFileTest, APipeIsNoFileAndNotWaitedFor) {
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  const auto opened = files.open(path("pipe"));
  ASSERT_FALSE(opened.ok());
  EXPECT_THAT(opened.error().text, HasSubstr("pipe"));
}

TEST_F(PosixFileTest, WhatIsWrittenBackAsItGrowsIsRead) {
  auto file = files.create(path("a"));
  ASSERT_TRUE(file.ok());
  EXPECT_TRUE((*file)->write_back().ok());  // of nothing
  Bytes written;
  for (int i = 0; i < 5; ++i) {
    const Bytes piece(100'000, static_cast<char>('a' + i));
    EXPECT_TRUE((*file)->append(piece).ok());
    EXPECT_TRUE((*file)->write_back().ok());
    written += piece;
  }
  EXPECT_TRUE((*file)->write_back().ok());
  EXPECT_TRUE((*file)->sync().ok());
  EXPECT_EQ(content("a"), written);
}

TEST_F(PosixFileTest, ReadPastTheEndIsCorruptionThatNamesFileAndOffset) {
  write("a", "1234567");
  auto opened = files.open(path("a"));
  ASSERT_TRUE(opened.ok());
  Bytes target(4, ' ');
  const Status status = (*opened)->read(5, 4, target.data());
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, Errc::corruption);
  EXPECT_THAT(status.error().text, HasSubstr(path("a")));
  EXPECT_THAT(status.error().text, HasSubstr("offset 5"));
}

TEST_F(PosixFileTest, ALogIsWrittenInPlaceWithZerosBehindIt) {
  auto log = files.create_log(path("log"));
  ASSERT_TRUE(log.ok());
  Bytes expected;
  // Past several chunks, in pieces that do not divide one, some larger than any.
  for (size_t size = 1; size < 1'000'000; size += size / 3 + 1) {
    const Bytes piece(size, static_cast<char>('a' + size % 26));
    const Result<char*> target = (*log)->reserve(size + 10);
    ASSERT_TRUE(target.ok());
    ASSERT_EQ(ByteView(*target, size + 10).find_first_not_of('\0'), ByteView::npos);
    piece.copy(*target, size);
    ASSERT_TRUE((*log)->commit(size).ok());
    expected += piece;
    if (size % 2 == 0) {
      ASSERT_TRUE((*log)->sync().ok());
    }
  }
  EXPECT_EQ((*log)->size(), expected.size());

  const auto read = read_file(files, path("log"), 16 << 20);
  ASSERT_TRUE(read.ok());
  EXPECT_GT(read->size(), expected.size());
  EXPECT_TRUE(read->starts_with(expected));
  EXPECT_EQ(read->find_first_not_of('\0', expected.size()), Bytes::npos);

  ASSERT_TRUE((*log)->cut().ok());
  EXPECT_EQ(std::filesystem::file_size(path("log")), expected.size());
}

TEST_F(PosixFileTest, ALogHoldsEveryRecordOnceItIsCommittedHoweverOftenItIsSynced) {
  constexpr size_t kRecordSize = 200;
  for (const size_t synced_each : {size_t{1}, size_t{3}, size_t{20}, size_t{1000}}) {
    auto log = files.create_log(path("log"));
    ASSERT_TRUE(log.ok());
    Bytes expected;
    for (size_t i = 1; i <= 400; ++i) {
      const Bytes record(kRecordSize, static_cast<char>('a' + i % 26));
      ASSERT_TRUE(write(**log, record).ok());
      expected += record;
      if (i % 7 == 0) {
        ASSERT_TRUE(content("log").starts_with(expected));
      }
      if (i % synced_each == 0) {
        ASSERT_TRUE((*log)->sync().ok());
      }
    }
    EXPECT_TRUE(content("log").starts_with(expected));
  }
}

TEST_F(PosixFileTest, AReopenedLogGoesOnBehindWhatIsKept) {
  write("a", "keep and cut");
  {
    auto log = files.reopen_log(path("a"), {.size = 5});
    ASSERT_TRUE(log.ok());
    EXPECT_EQ((*log)->size(), 5u);
    EXPECT_EQ(content("a"), "keep ");
    EXPECT_TRUE(write(**log, "more").ok());
    EXPECT_TRUE((*log)->cut().ok());
  }
  EXPECT_EQ(content("a"), "keep more");
  EXPECT_EQ(files.reopen_log(path("a"), {.size = 10}).error().code, Errc::corruption);
}

// Else a sync would write nothing of what one that failed had left in memory only.
TEST_F(PosixFileTest, AReopenedLogIsWrittenOnceMoreFromWhereItMayNotBeOnTheDisk) {
  const Bytes kept = Bytes(300'000, 'k') + "end";
  write("a", kept + "cut");
  const auto changed_by = [&](uint64_t synced) {
    const std::filesystem::file_time_type long_ago{};
    ASSERT_TRUE(files.reopen_log(path("a"), {.size = kept.size(), .synced = kept.size()}).ok());
    std::filesystem::last_write_time(path("a"), long_ago);
    ASSERT_TRUE(files.reopen_log(path("a"), {.size = kept.size(), .synced = synced}).ok());
    EXPECT_EQ(content("a"), kept);
    EXPECT_EQ(std::filesystem::last_write_time(path("a")) != long_ago, synced < kept.size()) << synced;
  };
  for (const uint64_t synced : {uint64_t{0}, uint64_t{7}, kept.size() - 1, kept.size()}) changed_by(synced);
}

TEST_F(PosixFileTest, CreateLeavesOtherLinksOfTheOldFileAlone) {
  write("old", "old");
  ASSERT_TRUE(files.link(path("old"), path("other")).ok());
  write("old", "new");
  EXPECT_EQ(content("old"), "new");
  EXPECT_EQ(content("other"), "old");
}

TEST_F(PosixFileTest, MissingFilesAreNotFound) {
  EXPECT_EQ(files.open(path("none")).error().code, Errc::not_found);
  EXPECT_EQ(files.reopen_log(path("none"), {.size = 0}).error().code, Errc::not_found);
  EXPECT_EQ(files.remove(path("none")).error().code, Errc::not_found);
  EXPECT_EQ(files.rename(path("none"), path("new")).error().code, Errc::not_found);
  EXPECT_EQ(files.list(path("none")).error().code, Errc::not_found);
  EXPECT_EQ(files.create(path("none/a")).error().code, Errc::not_found);
  EXPECT_FALSE(*files.exists(path("none")));
  EXPECT_TRUE(files.remove_tree(path("none")).ok());
}

TEST_F(PosixFileTest, DirectoriesAreMadeWithParentsListedAndRemovedWithAllInThem) {
  ASSERT_TRUE(files.make_directory(path("x/y")).ok());
  ASSERT_TRUE(files.make_directory(path("x/y")).ok());
  write("x/y/b", "");
  write("x/a", "");
  ASSERT_TRUE(files.sync_directory(path("x")).ok());

  auto names = files.list(path("x"));
  ASSERT_TRUE(names.ok());
  std::sort(names->begin(), names->end());
  EXPECT_EQ(*names, (std::vector<std::string>{"a", "y"}));

  EXPECT_TRUE(files.remove_tree(path("x")).ok());
  EXPECT_FALSE(*files.exists(path("x")));
}

TEST_F(PosixFileTest, ReplacedFileIsOldOrNewAndLeavesNoOther) {
  ASSERT_TRUE(replace_file(files, path("a"), "old").ok());
  ASSERT_TRUE(replace_file(files, path("a"), "new").ok());
  EXPECT_EQ(content("a"), "new");
  EXPECT_EQ(files.list(directory)->size(), 1u);
}

TEST_F(PosixFileTest, ReadFileRefusesWhatIsLargerThanItMayBe) {
  write("a", "12345");
  EXPECT_TRUE(read_file(files, path("a"), 5).ok());
  EXPECT_EQ(read_file(files, path("a"), 4).error().code, Errc::corruption);
}

TEST_F(PosixFileTest, FileInThePlaceOfADirectoryIsSaidSo) {
  write("a", "");
  for (const Status& status : {files.make_directory(path("a/b")), files.exists(path("a/MANIFEST")).status(),
                               files.list(path("a")).status(), files.lock(path("a")).status()}) {
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, Errc::io_error);
    EXPECT_THAT(status.error().text, HasSubstr("a file stands where a directory should be"));
  }
  EXPECT_EQ(files.make_directory(path("a")).error().code, Errc::io_error);
}

TEST_F(PosixFileTest, DirectoryInThePlaceOfAFileIsSaidSo) {
  ASSERT_TRUE(files.make_directory(path("a")).ok());
  EXPECT_THAT(files.open(path("a")).error().text, HasSubstr("is a directory, not a file"));
  EXPECT_EQ(files.create(path("a")).error().code, Errc::io_error);
}

TEST_F(PosixFileTest, ReadOnlyDirectorySaysWhatToDo) {
  constexpr uid_t kNobody = 65534;
  const uid_t self = ::geteuid();
  std::filesystem::permissions(directory, std::filesystem::perms::owner_read);
  // Root may write everywhere, so it tries as somebody else.
  ASSERT_EQ(::seteuid(self == 0 ? kNobody : self), 0);
  const auto created = files.create(path("a"));
  ASSERT_EQ(::seteuid(self), 0);
  std::filesystem::permissions(directory, std::filesystem::perms::owner_all);

  ASSERT_FALSE(created.ok());
  EXPECT_EQ(created.error().code, Errc::io_error);
  EXPECT_THAT(created.error().text, HasSubstr("give this user the right"));
}

TEST_F(PosixFileTest, FullDiskIsOutOfSpace) {
  auto full = files.reopen_log("/dev/full", {.size = 0});
  ASSERT_TRUE(full.ok());
  const Status status = (*full)->reserve(7).status();
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, Errc::out_of_space);
  EXPECT_THAT(status.error().text, HasSubstr("/dev/full: cannot append"));
  EXPECT_EQ((*full)->size(), 0u);
}

TEST_F(PosixFileTest, SecondLockIsInUseAndNamesTheHolder) {
  auto lock = files.lock(directory);
  ASSERT_TRUE(lock.ok());
  const auto second = files.lock(directory);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, Errc::in_use);
  EXPECT_THAT(second.error().text, HasSubstr("process with id " + std::to_string(::getpid()) + ";"));

  lock->reset();
  EXPECT_TRUE(files.lock(directory).ok());
}

}  // namespace
}  // namespace coppice::engine
