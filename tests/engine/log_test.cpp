#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/checksum.hpp"
#include "engine/base/coding.hpp"
#include "engine/io/file_names.hpp"
#include "engine/io/posix_file.hpp"
#include "engine/log/batch.hpp"
#include "engine/log/log_reader.hpp"
#include "engine/log/log_writer.hpp"
#include "tests/support/damage.hpp"
#include "tests/support/temporary_directory.hpp"

namespace coppice::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// By the format of the log.
class LogTest : public ::testing::TestWithParam<uint32_t> {
protected:
  LogWriter begin() {
    auto writer = LogWriter::begin(files, path, header());
    EXPECT_TRUE(writer.ok());
    return *std::move(writer);
  }
  static void add(LogWriter& writer, ByteView payload, uint64_t commit) {
    const std::array<ByteView, 1> pieces{payload};
    EXPECT_TRUE(writer.add(RecordKind::batch, Timestamp{commit}, pieces).ok());
  }
  /// Three records, the second one long, and nothing behind them.
  LogWriter write_three() {
    LogWriter writer = begin();
    add(writer, "first", 1);
    add(writer, Bytes(kLong, 'x'), 2);
    add(writer, "third", 3);
    EXPECT_TRUE(writer.sync().ok());
    truncate(files, path, writer.size());
    return writer;
  }

  struct Outcome {
    std::vector<Bytes> payloads;
    std::vector<uint64_t> commits;
    std::optional<LogEnd> end;
    uint64_t end_offset = 0;
    Error error{Errc::cancelled, ""};
  };
  Outcome read() {
    Outcome outcome;
    auto reader = LogReader::open(files, path, kNumber);
    if (!reader.ok()) {
      outcome.error = reader.error();
      return outcome;
    }
    for (;;) {
      auto record = reader->next();
      if (!record.ok()) {
        outcome.error = record.error();
        return outcome;
      }
      if (!*record) break;
      outcome.payloads.emplace_back((*record)->payload);
      outcome.commits.push_back((*record)->commit.raw);
    }
    outcome.end = reader->end();
    outcome.end_offset = reader->end_offset();
    return outcome;
  }
  size_t size() { return content_of(files, path).size(); }
  /// Of a log so many behind the first.
  static LogHeader header(uint64_t behind = 0) { return {kNumber + behind, kSalt + behind, GetParam()}; }
  /// Of a record with five bytes of payload, when nothing was synced before and where all was.
  static size_t short_size() { return GetParam() == 1 ? 32 : 12; }
  static size_t synced_short_size() { return GetParam() == 1 ? 32 : 13; }

  static constexpr size_t kLong = 3000;
  static constexpr uint64_t kNumber = 12;
  static constexpr uint64_t kSalt = 0x5a17;
  PosixFileSystem files;
  TemporaryDirectory directory;
  std::string path = join_path(directory.path(), log_file_name(kNumber));
};

TEST_P(LogTest, GivesBackItsRecords) {
  LogWriter writer = write_three();
  const Outcome outcome = read();
  EXPECT_THAT(outcome.payloads, ElementsAre("first", Bytes(kLong, 'x'), "third"));
  EXPECT_THAT(outcome.commits, ElementsAre(1, 2, 3));
  EXPECT_EQ(outcome.end, LogEnd::open);
  EXPECT_EQ(outcome.end_offset, size());
  EXPECT_EQ(writer.size(), size());
}

TEST_P(LogTest, ReadsARecordLargerThanItsWindow) {
  LogWriter writer = begin();
  add(writer, Bytes(900'000, 'y'), 1);
  add(writer, "behind", 2);
  EXPECT_THAT(read().payloads, ElementsAre(Bytes(900'000, 'y'), "behind"));
}

TEST_P(LogTest, JoinsAPayloadThatComesInPieces) {
  LogWriter writer = begin();
  const std::array<ByteView, 3> pieces{"one ", "", "two"};
  ASSERT_TRUE(writer.add(RecordKind::spanning, Timestamp{1}, pieces).ok());
  EXPECT_THAT(read().payloads, ElementsAre("one two"));
}

TEST_P(LogTest, ARecordIsInTheFileOnceItIsAdded) {
  LogWriter writer = begin();
  add(writer, "first", 1);
  EXPECT_THAT(read().payloads, ElementsAre("first"));
  add(writer, "second", 2);
  EXPECT_THAT(read().payloads, ElementsAre("first", "second"));
  EXPECT_EQ(read().end, LogEnd::open);
  EXPECT_EQ(read().end_offset, writer.size());
}

TEST_P(LogTest, EndsWithItsCloseRecord) {
  LogWriter writer = begin();
  add(writer, "first", 1);
  EXPECT_GT(size(), writer.size());
  ASSERT_TRUE(writer.close().ok());
  EXPECT_EQ(size(), writer.size());
}

TEST_P(LogTest, KnowsThatItWasClosed) {
  LogWriter writer = begin();
  add(writer, "last", 1);
  ASSERT_TRUE(writer.close().ok());
  EXPECT_EQ(read().end, LogEnd::closed);
}

TEST_P(LogTest, BytesBehindTheCloseRecordAreDamage) {
  LogWriter writer = begin();
  add(writer, "last", 1);
  ASSERT_TRUE(writer.close().ok());
  const size_t closed = size();
  overwrite(files, path, content_of(files, path) + Bytes(64, '\0'));
  EXPECT_EQ(read().end, LogEnd::closed);
  overwrite(files, path, content_of(files, path) + "more");
  EXPECT_EQ(read().error.code, Errc::corruption);
  EXPECT_THAT(read().error.text, HasSubstr("offset " + std::to_string(closed + 64)));
}

TEST_P(LogTest, CutAnywhereItKeepsTheWholeRecordsInFront) {
  write_three();
  const Bytes whole = content_of(files, path);
  const size_t record_ends[] = {kLogHeaderSize, kLogHeaderSize + short_size(), whole.size() - short_size(),
                                whole.size()};
  for (size_t cut = whole.size(); cut >= kLogHeaderSize; cut -= cut % 13 + 1) {
    overwrite(files, path, ByteView(whole).substr(0, cut));
    const Outcome outcome = read();
    ASSERT_TRUE(outcome.end) << cut << ": " << outcome.error.text;
    const auto whole_count = std::ranges::count_if(record_ends, [&](size_t end) { return end <= cut; }) - 1;
    EXPECT_EQ(outcome.payloads.size(), static_cast<size_t>(whole_count)) << cut;
    EXPECT_NE(outcome.end, LogEnd::closed);
  }
}

TEST_P(LogTest, ZeroesBehindTheLastRecordAreNotTorn) {
  write_three();
  const size_t end = size();
  overwrite(files, path, content_of(files, path) + Bytes(5000, '\0'));
  EXPECT_EQ(read().end, LogEnd::open);
  EXPECT_EQ(read().end_offset, end);
}

TEST_P(LogTest, EveryFlippedBitIsFound) {
  LogWriter writer = begin();
  for (uint64_t commit = 1; commit <= 3; ++commit) {
    add(writer, commit == 2 ? Bytes(kLong, 'x') : Bytes("short"), commit);
    ASSERT_TRUE(writer.sync().ok());
  }
  truncate(files, path, writer.size());
  const Bytes whole = content_of(files, path);
  for (size_t offset = 0; offset < whole.size();
       offset += offset < 200 || offset + 100 > whole.size() ? 1 : 997) {
    overwrite(files, path, whole);
    flip_bit(files, path, offset);
    const Outcome outcome = read();
    if (outcome.end) {
      // The last record cannot be told from one that a crash cut short.
      EXPECT_GE(offset, whole.size() - synced_short_size()) << offset;
      EXPECT_EQ(outcome.end, LogEnd::torn);
      EXPECT_EQ(outcome.payloads.size(), 2u);
    } else {
      EXPECT_TRUE(outcome.error.code == Errc::corruption || outcome.error.code == Errc::unsupported)
          << offset;
      EXPECT_THAT(outcome.error.text, HasSubstr("000012.log"));
    }
  }
}

TEST_P(LogTest, APowerLossMayKeepTheEndOfAWriteWithoutItsBeginning) {
  LogWriter writer = begin();
  add(writer, "first", 1);
  ASSERT_TRUE(writer.sync().ok());
  const size_t synced = writer.size();
  add(writer, Bytes(kLong, 'x'), 2);
  add(writer, "third", 3);
  Bytes content = content_of(files, path);
  content.replace(synced, kLong, kLong, '\0');
  overwrite(files, path, content);
  EXPECT_EQ(read().end, LogEnd::torn);
  EXPECT_EQ(read().end_offset, synced);
  EXPECT_THAT(read().payloads, ElementsAre("first"));
}

TEST_P(LogTest, WhatWasSyncedBeforeALaterRecordIsMissed) {
  LogWriter writer = begin();
  add(writer, "first", 1);
  LogSync sync = writer.plan_sync();
  add(writer, "while it runs", 2);
  ASSERT_TRUE(writer.install_sync(sync.run()).ok());
  add(writer, "third", 3);
  const Bytes whole = content_of(files, path);
  flip_bit(files, path, whole.find("while"));
  EXPECT_EQ(read().end, LogEnd::torn);
  overwrite(files, path, whole);
  flip_bit(files, path, whole.find("first"));
  EXPECT_EQ(read().error.code, Errc::corruption);
}

TEST_P(LogTest, BehindALogThatIsNotSyncedARecordProvesNothing) {
  const std::string next_path = path + ".next";
  LogWriter earlier = begin();
  add(earlier, "earlier", 1);
  ASSERT_TRUE(earlier.seal().ok());
  auto writer = LogWriter::begin(files, next_path, header(1));
  ASSERT_TRUE(writer.ok());
  writer->follow(std::move(earlier));
  EXPECT_TRUE(writer->follows(kNumber));
  add(*writer, "before a sync", 2);
  ASSERT_TRUE(writer->sync().ok());
  EXPECT_FALSE(writer->follows(kNumber));
  add(*writer, "behind it", 3);

  EXPECT_EQ(read().end, LogEnd::closed);
  auto reader = LogReader::open(files, next_path, kNumber + 1);
  ASSERT_TRUE(reader.ok());
  EXPECT_EQ((*reader->next())->synced, std::nullopt);
  // All before it.
  const auto behind = reader->next();
  EXPECT_EQ((*behind)->synced, reader->record_offset());
  ASSERT_TRUE(files.remove(next_path).ok());
}

TEST_P(LogTest, RecordsOfAnotherLogAreNotTakenForItsOwn) {
  write_three();
  const Bytes old = content_of(files, path);
  overwrite(files, path, encode_log_header({kNumber, kSalt + 1, GetParam()}) + old.substr(kLogHeaderSize));
  EXPECT_THAT(read().payloads, IsEmpty());
  EXPECT_EQ(read().end, LogEnd::torn);
}

TEST_P(LogTest, GoesOnBehindWhatIsKept) {
  write_three();
  truncate(files, path, size() - 3);
  const Outcome torn = read();
  EXPECT_EQ(torn.end, LogEnd::torn);
  auto writer = LogWriter::resume(files, path, header(), {torn.end_offset, {}});
  ASSERT_TRUE(writer.ok());
  add(*writer, "fourth", 4);
  ASSERT_TRUE(writer->close().ok());
  EXPECT_THAT(read().commits, ElementsAre(1, 2, 4));
  EXPECT_EQ(read().end, LogEnd::closed);
}

TEST_P(LogTest, RefusesAFileOfANewerFormat) {
  Bytes header = encode_log_header({kNumber, kSalt, GetParam()});
  header[8] = kLogFormatVersion + 1;
  EXPECT_EQ(decode_log_header(header, "file").error().code, Errc::corruption);
  store_fixed(header.data() + 32, checksum(ByteView(header).substr(0, 32), 0));
  EXPECT_EQ(decode_log_header(header, "file").error().code, Errc::unsupported);
}

TEST_P(LogTest, RefusesAFileThatBearsAnotherNumber) {
  write_three();
  EXPECT_EQ(LogReader::open(files, path, kNumber + 1).error().code, Errc::corruption);
}

TEST_P(LogTest, RefusesEverythingAfterAFailedSync) {
  LogWriter writer = begin();
  EXPECT_FALSE(writer.install_sync(Error{Errc::io_error, "the disk is gone"}).ok());
  EXPECT_TRUE(writer.broken());
  const std::array<ByteView, 1> late{"late"};
  EXPECT_EQ(writer.add(RecordKind::batch, Timestamp{1}, late).error().code, Errc::io_error);
  EXPECT_EQ(writer.sync().error().code, Errc::io_error);
}

TEST_P(LogTest, BeforeASyncARecordProvesNoMoreThanItsLogsBegin) {
  LogWriter writer = begin();
  add(writer, "first", 1);
  add(writer, "second", 2);
  auto reader = LogReader::open(files, path, kNumber);
  ASSERT_TRUE(reader.ok());
  EXPECT_EQ((*reader->next())->synced, kLogHeaderSize);
  EXPECT_EQ((*reader->next())->synced, kLogHeaderSize);
}

TEST_P(LogTest, TakesCommitsInAnyOrder) {
  LogWriter writer = begin();
  for (const uint64_t commit : {UINT64_MAX, uint64_t{0}, uint64_t{1} << 40, uint64_t{7}})
    add(writer, "x", commit);
  ASSERT_TRUE(writer.close().ok());
  EXPECT_THAT(read().commits, ElementsAre(UINT64_MAX, 0, uint64_t{1} << 40, 7));
  EXPECT_EQ(read().end, LogEnd::closed);
}

INSTANTIATE_TEST_SUITE_P(Formats, LogTest, ::testing::Values(1u, 2u, kLogFormatVersion));

class LogFormatTest : public LogTest {};

TEST_P(LogFormatTest, APutOf116BytesTakes126) {
  LogWriter writer = begin();
  add(writer, "first", 1);
  const size_t before = writer.size();
  Batch batch;
  ASSERT_TRUE(batch.put(Bytes(16, 'k'), Bytes(100, 'v')).ok());
  add(writer, batch.bytes(), 2);
  EXPECT_EQ(writer.size() - before, 126u);
}

TEST_P(LogFormatTest, WhatLiesInsideALargeRecordIsNoRecord) {
  LogWriter writer = begin();
  add(writer, "first", 1);
  ASSERT_TRUE(writer.sync().ok());
  const size_t begin = writer.size();
  add(writer, "synced", 2);
  // It would prove that what lies before it was a record once.
  const Bytes proof = content_of(files, path).substr(begin, writer.size() - begin);
  ASSERT_TRUE(writer.sync().ok());
  const size_t large = writer.size();
  add(writer, Bytes(5000, 'x') + proof, 3);
  const Bytes before_sync = content_of(files, path);
  ASSERT_TRUE(writer.sync().ok());
  add(writer, "behind", 4);
  const Bytes behind_sync = content_of(files, path);

  overwrite(files, path, before_sync);
  flip_bit(files, path, large + 100);
  EXPECT_EQ(read().end, LogEnd::torn);
  EXPECT_EQ(read().end_offset, large);
  overwrite(files, path, behind_sync);
  flip_bit(files, path, large + 100);
  EXPECT_EQ(read().error.code, Errc::corruption);
}

INSTANTIATE_TEST_SUITE_P(Newest, LogFormatTest, ::testing::Values(kLogFormatVersion));

}  // namespace
}  // namespace coppice::engine
