// Logs that are encrypted.
#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/checksum.hpp"
#include "engine/base/coding.hpp"
#include "engine/log/log_reader.hpp"
#include "engine/log/log_writer.hpp"
#include "tests/support/damage.hpp"
#include "tests/support/keys.hpp"
#include "tests/support/memory_file_system.hpp"

namespace coppice::engine {
namespace {

using ::testing::HasSubstr;

class LogSecrecyTest : public ::testing::Test {
protected:
  LogSecrecyTest() { EXPECT_TRUE(files.make_directory("/d").ok()); }

  LogWriter begin() {
    auto writer =
        LogWriter::begin(files, path, {.number = 7, .salt = 42, .sealing = keys.begin(FileUse::log)});
    EXPECT_TRUE(writer.ok());
    return *std::move(writer);
  }
  void add(LogWriter& writer, const Bytes& payload) {
    const size_t half = payload.size() / 2;
    const std::array<ByteView, 2> pieces{ByteView(payload).substr(0, half), ByteView(payload).substr(half)};
    ASSERT_TRUE(writer.add(RecordKind::batch, Timestamp{++commit}, pieces).ok());
  }
  Result<std::vector<Bytes>> read(const KeyRing& with) {
    COPPICE_TRY_ASSIGN(reader, LogReader::open(files, path, 7, with));
    std::vector<Bytes> payloads;
    for (;;) {
      COPPICE_TRY_ASSIGN(record, reader.next());
      if (!record) break;
      payloads.emplace_back(record->payload);
    }
    end = reader.end();
    end_offset = reader.end_offset();
    header = reader.header();
    return payloads;
  }
  Bytes content() { return content_of(files, path); }

  MemoryFileSystem files;
  const std::string path = "/d/000007.log";
  KeyRing keys = ring('a');
  uint64_t commit = 100;
  LogEnd end = LogEnd::open;
  uint64_t end_offset = 0;
  LogHeader header;
};

TEST_F(LogSecrecyTest, HoldsWhatWasAddedAndSaysNothingOfIt) {
  std::vector<Bytes> payloads{"secret one", Bytes(5'000, 's') + "secret large", "", "secret last"};
  LogWriter writer = begin();
  for (const Bytes& payload : payloads) add(writer, payload);
  ASSERT_TRUE(writer.close().ok());
  EXPECT_EQ(*read(keys), payloads);
  EXPECT_EQ(end, LogEnd::closed);
  EXPECT_EQ(content().find("secret"), Bytes::npos);
  EXPECT_EQ(content().find("sssssss"), Bytes::npos);
  EXPECT_EQ(content().size(), end_offset);
}

TEST_F(LogSecrecyTest, WithoutItsKeyItIsNotOpenedAndTheKeyIsNamed) {
  begin();
  for (const KeyRing& others : {KeyRing(), ring('b')}) {
    const auto opened = read(others);
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().code, Errc::invalid_argument);
    EXPECT_THAT(opened.error().text, HasSubstr(path));
    EXPECT_THAT(opened.error().text, HasSubstr(key_name(key('a').id())));
  }
  EXPECT_TRUE(read(ring('b', "a")).ok());
}

TEST_F(LogSecrecyTest, ATornRecordIsATornEndAndNoDamage) {
  LogWriter writer = begin();
  add(writer, "first");
  ASSERT_TRUE(writer.sync().ok());
  const uint64_t kept = writer.size();
  add(writer, "second");
  const Bytes whole = content();
  for (size_t size = kept + 1; size < writer.size(); ++size) {
    overwrite(files, path, ByteView(whole).substr(0, size));
    EXPECT_EQ(*read(keys), std::vector<Bytes>{"first"});
    EXPECT_EQ(end, LogEnd::torn);
    EXPECT_EQ(end_offset, kept);
  }
}

// A checksum that is right says that the disk did nothing; whoever changes a log on purpose gives it the right one.
TEST_F(LogSecrecyTest, ARecordThatWasChangedIsFoundUnderARightChecksum) {
  LogWriter writer = begin();
  add(writer, "first");
  const uint64_t second = writer.size();
  add(writer, "second");
  const uint64_t third = writer.size();
  const Bytes whole = content();
  // Behind the head, the checksum and the size: the commit, the ciphertext, the tag.
  for (uint64_t at = second + 6; at < third; ++at) {
    Bytes changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    const ByteView summed = ByteView(changed).substr(second + 5, third - second - 5);
    const uint64_t head = static_cast<uint8_t>(changed[second]);
    store_fixed(changed.data() + second + 1,
                static_cast<uint32_t>(checksum(summed, uint64_t{42} ^ head << 56)));
    overwrite(files, path, changed);
    const auto found = read(keys);
    ASSERT_FALSE(found.ok()) << at - second;
    EXPECT_EQ(found.error().code, Errc::corruption);
    EXPECT_THAT(found.error().text, HasSubstr(path + ": offset " + std::to_string(second)));
  }
}

TEST_F(LogSecrecyTest, AHeaderWithAnyBitChangedIsRefused) {
  begin();
  const Bytes whole = content();
  for (size_t bit = 0; bit < 8 * kSealedLogHeaderSize; ++bit) {
    Bytes changed = whole;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    overwrite(files, path, changed);
    EXPECT_EQ(read(keys).status().error().code, Errc::corruption) << bit;
  }
}

TEST_F(LogSecrecyTest, ALogOfAnEarlierLifeGetsNoMoreThanItsEnd) {
  {
    LogWriter writer = begin();
    add(writer, "kept");
    ASSERT_TRUE(writer.sync().ok());
    end_offset = writer.size();
    add(writer, "cut off");
  }
  const uint64_t keep = end_offset;
  ASSERT_TRUE(read(keys).ok());
  auto writer = LogWriter::resume(files, path, header, {keep, {}});
  ASSERT_TRUE(writer.ok());
  ASSERT_TRUE(writer->close().ok());
  EXPECT_EQ(*read(keys), std::vector<Bytes>{"kept"});
  EXPECT_EQ(end, LogEnd::closed);
}

TEST_F(LogSecrecyTest, TwoRecordsOfTheSameShareNoBytes) {
  LogWriter writer = begin();
  const uint64_t first = writer.size();
  add(writer, Bytes(200, 'x'));
  const uint64_t second = writer.size();
  add(writer, Bytes(200, 'x'));
  const Bytes whole = content();
  size_t same = 0;
  for (size_t i = 20; i < 200; ++i) same += whole[first + i] == whole[second + i] ? 1 : 0;
  EXPECT_LT(same, 10u);
}

using LogSecrecyDeathTest = LogSecrecyTest;
TEST_F(LogSecrecyDeathTest, ToAddToALogOfAnEarlierLifeIsAMistake) {
  end_offset = begin().size();
  ASSERT_TRUE(read(keys).ok());
  auto writer = LogWriter::resume(files, path, header, {end_offset, {}});
  EXPECT_DEATH((void)writer->add(RecordKind::batch, Timestamp{1}, {}).ok(), "resumed_");
}

}  // namespace
}  // namespace coppice::engine
