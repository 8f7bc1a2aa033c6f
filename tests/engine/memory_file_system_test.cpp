#include "tests/support/memory_file_system.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace coppice::engine {
namespace {

class MemoryFileSystemTest : public ::testing::Test {
protected:
  MemoryFileSystemTest() {
    EXPECT_TRUE(files.make_directory("db").ok());
    EXPECT_TRUE(files.sync_directory(".").ok());
  }
  std::unique_ptr<AppendFile> create(const std::string& path) { return *files.create(path); }
  void write_durably(const std::string& path, ByteView content) {
    auto file = create(path);
    EXPECT_TRUE(file->append(content).ok());
    EXPECT_TRUE(file->sync().ok());
    EXPECT_TRUE(files.sync_directory("db").ok());
  }
  std::unique_ptr<LogFile> create_log(const std::string& path) { return *files.create_log(path); }
  static Status write(LogFile& log, ByteView bytes) {
    COPPICE_TRY_ASSIGN(target, log.reserve(bytes.size()));
    bytes.copy(target, bytes.size());
    return log.commit(bytes.size());
  }
  /// Without what was made ahead.
  Bytes log_content(const std::string& path) {
    const Bytes content = files.content(path);
    return content.substr(0, content.find_last_not_of('\0') + 1);
  }
  bool exists(const std::string& path) { return *files.exists(path); }

  MemoryFileSystem files;
};

TEST_F(MemoryFileSystemTest, ServesTheInterface) {
  write_durably("db/a", "one two");
  auto opened = files.open("db/a");
  ASSERT_TRUE(opened.ok());
  Bytes middle(3, ' ');
  EXPECT_TRUE((*opened)->read(2, 3, middle.data()).ok());
  EXPECT_EQ(middle, "e t");
  EXPECT_EQ((*opened)->read(5, 3, middle.data()).error().code, Errc::corruption);

  EXPECT_TRUE(files.rename("db/a", "db/b").ok());
  EXPECT_EQ(*files.list("db"), std::vector<std::string>{"b"});
  EXPECT_EQ(files.open("db/a").error().code, Errc::not_found);
  EXPECT_EQ(files.create("none/a").error().code, Errc::not_found);
  EXPECT_EQ(files.create("db").error().code, Errc::io_error);
  EXPECT_EQ(files.exists("db/b/c").error().code, Errc::io_error);
  EXPECT_TRUE(files.remove_tree("db").ok());
  EXPECT_FALSE(exists("db/b"));
}

TEST_F(MemoryFileSystemTest, WhatASyncCouldNotWriteNoLaterOneWrites) {
  write_durably("db/a", "kept");
  auto log = *files.reopen_log("db/a", {.size = 4, .synced = 4});
  ASSERT_TRUE(write(*log, " lost").ok());
  files.fail_after(0);
  ASSERT_FALSE(log->sync().ok());
  ASSERT_TRUE(write(*log, " too").ok());
  ASSERT_TRUE(log->sync().ok());
  ASSERT_TRUE(files.sync_file("db/a").ok());
  EXPECT_EQ(log_content("db/a"), "kept lost too");
  files.crash();
  EXPECT_EQ(log_content("db/a"), Bytes("kept\0\0\0\0\0 too", 13));
}

TEST_F(MemoryFileSystemTest, ButForWhatIsWrittenOnceMore) {
  write_durably("db/a", "kept");
  {
    auto log = *files.reopen_log("db/a", {.size = 4, .synced = 4});
    ASSERT_TRUE(write(*log, " lost twice").ok());
    files.fail_after(0);
    ASSERT_FALSE(log->sync().ok());
  }
  auto log = *files.reopen_log("db/a", {.size = 9, .synced = 7});
  ASSERT_TRUE(log->sync().ok());
  files.crash();
  EXPECT_EQ(log_content("db/a"), Bytes("kept\0\0\0st", 9));
}

TEST_F(MemoryFileSystemTest, TheSystemMayForgetWhatASyncCouldNotWrite) {
  write_durably("db/a", "kept");
  auto log = *files.reopen_log("db/a", {.size = 4, .synced = 4});
  ASSERT_TRUE(write(*log, " lost").ok());
  files.fail_after(0);
  ASSERT_FALSE(log->sync().ok());
  ASSERT_TRUE(write(*log, " not").ok());
  files.forget_unwritten();
  EXPECT_EQ(log_content("db/a"), Bytes("kept\0\0\0\0\0 not", 13));
}

TEST_F(MemoryFileSystemTest, AReadMayBringOtherBytes) {
  using Misread = MemoryFileSystem::Misread;
  write_durably("db/a", "one two");
  write_durably("db/b", "three");
  const auto file = *files.open("db/a");
  const auto read = [&] {
    Bytes bytes(4, ' ');
    EXPECT_TRUE(file->read(3, 4, bytes.data()).ok());
    return bytes;
  };
  files.misread_after(1, Misread::another_file, 0);
  EXPECT_EQ(read(), " two");
  EXPECT_TRUE(files.will_misread());
  EXPECT_EQ(read(), Bytes("ee\0\0", 4));
  EXPECT_FALSE(files.will_misread());
  files.misread_after(0, Misread::flipped_bit, 7);
  EXPECT_NE(read(), " two");
  EXPECT_EQ(read(), " two");
}

TEST_F(MemoryFileSystemTest, LinksShareBytesAndCreateLeavesThemAlone) {
  auto file = create("db/a");
  ASSERT_TRUE(files.link("db/a", "db/b").ok());
  ASSERT_TRUE(file->append("shared").ok());
  EXPECT_EQ(files.content("db/b"), "shared");
  create("db/a");
  EXPECT_EQ(files.content("db/a"), "");
  EXPECT_EQ(files.content("db/b"), "shared");
}

TEST_F(MemoryFileSystemTest, CrashKeepsOnlySyncedBytesOfSyncedNames) {
  write_durably("db/a", "kept");
  ASSERT_TRUE(write(**files.reopen_log("db/a", {.size = 4}), " lost").ok());
  auto unnamed = create("db/b");
  ASSERT_TRUE(unnamed->append("bytes").ok());
  ASSERT_TRUE(unnamed->sync().ok());
  auto unsynced = create("db/c");
  ASSERT_TRUE(unsynced->append("bytes").ok());
  ASSERT_TRUE(files.link("db/a", "db/d").ok());

  files.crash();
  EXPECT_EQ(files.content("db/a"), "kept");
  EXPECT_FALSE(exists("db/b"));
  EXPECT_FALSE(exists("db/d"));

  ASSERT_TRUE(unsynced->append("of the dead").ok());
  EXPECT_FALSE(exists("db/c"));
}

TEST_F(MemoryFileSystemTest, NamesOfADirectoryThatWasNotSyncedAreLostWithIt) {
  ASSERT_TRUE(files.make_directory("db/x").ok());
  create("db/x/a");
  ASSERT_TRUE(files.sync_directory("db/x").ok());
  files.crash();
  EXPECT_FALSE(exists("db/x"));
  EXPECT_FALSE(exists("db/x/a"));
  EXPECT_TRUE(exists("db"));
}

TEST_F(MemoryFileSystemTest, ADirectoryThatWasRemovedAndMadeAnewHasItsNewNames) {
  ASSERT_TRUE(files.make_directory("db/x").ok());
  create("db/x/old");
  create("db/x/a");
  ASSERT_TRUE(files.sync_directory("db/x").ok());
  ASSERT_TRUE(files.sync_directory("db").ok());
  ASSERT_TRUE(files.remove_tree("db/x").ok());
  ASSERT_TRUE(files.make_directory("db/x").ok());
  create("db/x/a");
  create("db/x/b");
  ASSERT_TRUE(files.sync_directory("db/x").ok());
  ASSERT_TRUE(files.sync_directory("db").ok());
  files.crash();
  EXPECT_EQ(*files.list("db/x"), (std::vector<std::string>{"a", "b"}));
}

TEST_F(MemoryFileSystemTest, RemovalAndRenameComeBackUnlessSynced) {
  write_durably("db/a", "a");
  write_durably("db/b", "b");
  ASSERT_TRUE(files.rename("db/a", "db/b").ok());
  files.crash();
  EXPECT_EQ(files.content("db/a"), "a");
  EXPECT_EQ(files.content("db/b"), "b");

  ASSERT_TRUE(files.rename("db/a", "db/b").ok());
  ASSERT_TRUE(files.sync_directory("db").ok());
  ASSERT_TRUE(files.remove("db/b").ok());
  files.crash();
  EXPECT_FALSE(exists("db/a"));
  EXPECT_EQ(files.content("db/b"), "a");
}

TEST_F(MemoryFileSystemTest, LinksOfOneFileAreOneFileAfterACrashToo) {
  write_durably("db/a", "a");
  ASSERT_TRUE(files.link("db/a", "db/b").ok());
  ASSERT_TRUE(files.sync_directory("db").ok());
  files.crash();
  ASSERT_TRUE(write(**files.reopen_log("db/a", {.size = 1}), "nd").ok());
  EXPECT_EQ(log_content("db/b"), "and");
}

TEST_F(MemoryFileSystemTest, SeededCrashKeepsAPartAndEverySeedItsOwn) {
  bool kept_none = false;
  bool kept_all = false;
  bool was_torn = false;
  bool was_cut = false;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    MemoryFileSystem disk;
    auto file = *disk.create("a");
    ASSERT_TRUE(disk.sync_directory(".").ok());
    ASSERT_TRUE(file->append("synced").ok());
    ASSERT_TRUE(file->sync().ok());
    ASSERT_TRUE(file->append("12345").ok());
    ASSERT_TRUE(disk.create("b").ok());
    disk.crash(seed);
    const Bytes content = disk.content("a");
    ASSERT_EQ(content.substr(0, 6), "synced");
    kept_none |= content == "synced";
    kept_all |= content == "synced12345" && *disk.exists("b");
    was_torn |= content.find('\0') != Bytes::npos;
    was_cut |= content == "synced123";
  }
  EXPECT_TRUE(kept_none);
  EXPECT_TRUE(kept_all);
  EXPECT_TRUE(was_torn);
  EXPECT_TRUE(was_cut);
}

TEST_F(MemoryFileSystemTest, WhatWasCommittedOutlivesTheProcessAndZerosLieBehindIt) {
  auto log = create_log("db/a");
  ASSERT_TRUE(write(*log, "one ").ok());
  ASSERT_TRUE(write(*log, "two").ok());
  EXPECT_EQ(log->size(), 7u);
  Result<char*> target = log->reserve(5);
  ASSERT_TRUE(target.ok());
  EXPECT_EQ(ByteView(*target, 5), Bytes(5, '\0'));
  log.reset();
  EXPECT_EQ(log_content("db/a"), "one two");
  EXPECT_GT(files.content("db/a").size(), 7u);

  log = *files.reopen_log("db/a", {.size = 3});
  EXPECT_EQ(files.content("db/a"), "one");
  ASSERT_TRUE(write(*log, "!").ok());
  ASSERT_TRUE(log->cut().ok());
  EXPECT_EQ(files.content("db/a"), "one!");
}

TEST_F(MemoryFileSystemTest, APowerLossKeepsOfALogWhatWasSyncedAndAnyPiecesOfTheRest) {
  bool kept_none = false;
  bool kept_all = false;
  bool kept_later_without_earlier = false;
  for (uint64_t seed = 0; seed < 400; ++seed) {
    MemoryFileSystem disk;
    auto log = *disk.create_log("a");
    ASSERT_TRUE(disk.sync_directory(".").ok());
    ASSERT_TRUE(write(*log, "synced").ok());
    ASSERT_TRUE(log->sync().ok());
    ASSERT_TRUE(write(*log, Bytes(100, '1')).ok());
    ASSERT_TRUE(write(*log, Bytes(100, '2')).ok());
    disk.crash(seed);
    const Bytes content = disk.content("a");
    ASSERT_EQ(content.substr(0, 6), "synced");
    ASSERT_EQ(content.find_first_not_of(ByteView("12\0", 3), 6), Bytes::npos);
    const auto ones = std::ranges::count(content, '1');
    const auto twos = std::ranges::count(content, '2');
    kept_none |= ones + twos == 0;
    kept_all |= ones == 100 && twos == 100;
    kept_later_without_earlier |= ones < 100 && twos > 0;
  }
  EXPECT_TRUE(kept_none);
  EXPECT_TRUE(kept_all);
  EXPECT_TRUE(kept_later_without_earlier);
}

TEST_F(MemoryFileSystemTest, AFullDiskRefusesRoomAndLeavesALogAsItWas) {
  auto log = create_log("db/a");
  ASSERT_TRUE(write(*log, "first").ok());
  files.set_room(10);
  EXPECT_EQ(log->reserve(5000).error().code, Errc::out_of_space);
  EXPECT_EQ(log_content("db/a"), "first");
  EXPECT_EQ(log->size(), 5u);
  files.heal();
  EXPECT_TRUE(write(*log, Bytes(5000, 'x')).ok());
  EXPECT_EQ(log_content("db/a"), "first" + Bytes(5000, 'x'));
}

TEST_F(MemoryFileSystemTest, AFailedCommitMayHaveWrittenAPart) {
  bool wrote_a_part = false;
  for (uint64_t after = 0; after < 20; ++after) {
    auto log = create_log("db/a");
    for (uint64_t i = 0; i < after; ++i) ASSERT_TRUE(log->sync().ok());
    files.fail_after(1);
    EXPECT_FALSE(write(*log, "12345").ok());
    EXPECT_EQ(log->size(), 0u);
    const Bytes part = log_content("db/a");
    EXPECT_TRUE(ByteView("12345").starts_with(part));
    wrote_a_part |= !part.empty() && part.size() < 5;
  }
  EXPECT_TRUE(wrote_a_part);
}

TEST_F(MemoryFileSystemTest, FailsTheOperationItIsToldTo) {
  auto file = create("db/a");
  files.fail_after(1);
  EXPECT_TRUE(file->append("a").ok());
  EXPECT_EQ(file->sync().error().code, Errc::io_error);
  EXPECT_EQ(files.last_failure(), "db/a: sync");
  EXPECT_FALSE(files.is_stopped());
  EXPECT_TRUE(file->append("b").ok());

  files.crash();
  EXPECT_FALSE(exists("db/a"));
}

TEST_F(MemoryFileSystemTest, NothingWorksOnceItIsStopped) {
  auto file = create("db/a");
  const uint64_t before = files.operation_count();
  files.stop_after(1);
  EXPECT_TRUE(file->append("a").ok());
  EXPECT_FALSE(file->sync().ok());
  EXPECT_FALSE(files.remove("db/a").ok());
  EXPECT_FALSE(file->append("never").ok());
  EXPECT_TRUE(files.is_stopped());
  EXPECT_EQ(files.last_failure(), "db/a: sync");
  EXPECT_EQ(files.operation_count(), before + 4);
  files.heal();
  EXPECT_EQ(files.content("db/a"), "a");
  EXPECT_TRUE(file->sync().ok());
}

TEST_F(MemoryFileSystemTest, FailsOrStopsAtAFileThatItIsToldTo) {
  auto other = create("db/other");
  files.fail_after(0, "db/b");
  EXPECT_TRUE(other->append("1").ok());
  EXPECT_FALSE(files.create("db/b").ok());
  EXPECT_TRUE(files.create("db/b").ok());
  files.stop_after(1, "db/a");
  EXPECT_TRUE(other->append("1").ok());
  EXPECT_TRUE(files.create("db/a").ok());
  EXPECT_FALSE(other->append("2").ok());
  EXPECT_TRUE(files.is_stopped());
}

TEST_F(MemoryFileSystemTest, FullDiskTakesWhatFits) {
  auto file = create("db/a");
  files.set_room(5);
  EXPECT_TRUE(file->append("123").ok());
  EXPECT_EQ(file->append("456").error().code, Errc::out_of_space);
  EXPECT_EQ(files.content("db/a"), "12345");
  files.heal();
  EXPECT_TRUE(file->append("6").ok());
}

TEST_F(MemoryFileSystemTest, LockIsFreeAfterACrashAndTheOldHolderDoesNotFreeTheNewOne) {
  auto old_holder = files.lock("db");
  ASSERT_TRUE(old_holder.ok());
  EXPECT_EQ(files.lock("db").error().code, Errc::in_use);
  files.crash();
  auto holder = files.lock("db");
  ASSERT_TRUE(holder.ok());
  old_holder->reset();
  EXPECT_EQ(files.lock("db").error().code, Errc::in_use);
  holder->reset();
  EXPECT_TRUE(files.lock("db").ok());
}

TEST_F(MemoryFileSystemTest, DamageIsDurable) {
  write_durably("db/a", "a");
  files.flip_bit("db/a", 1);
  files.crash();
  EXPECT_EQ(files.content("db/a"), "c");
}

}  // namespace
}  // namespace coppice::engine
