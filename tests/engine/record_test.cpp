#include "engine/log/record.hpp"

#include <gtest/gtest.h>

namespace coppice::engine {
namespace {

/// By the format of the log.
class RecordTest : public ::testing::TestWithParam<uint32_t> {
protected:
  Bytes write(const RecordPlace& place, const RecordContent& content, ByteView payload) {
    Bytes target(payload.size() + kRecordFrameSizeMax, '\0');
    RecordContent whole = content;
    const std::array<ByteView, 2> pieces{payload.substr(0, payload.size() / 2),
                                         payload.substr(payload.size() / 2)};
    whole.payload = pieces;
    target.resize(write_record({target.data(), target.size()}, log, place, whole));
    return target;
  }
  /// As a reader does that has found `bytes` there.
  std::optional<Record> read(const RecordPlace& place, ByteView bytes) const {
    const auto front = read_record_front(log, bytes.substr(0, kRecordFrameSizeMax));
    if (!front || front->size != bytes.size()) return std::nullopt;
    return decode_record(log, place, bytes);
  }

  const LogHeader log{7, 0x5a17, GetParam()};
};

TEST_P(RecordTest, SaysWhatItWasGiven) {
  for (const RecordKind kind :
       {RecordKind::batch, RecordKind::spanning, RecordKind::edit, RecordKind::close}) {
    for (const size_t size : {0u, 1u, 127u, 128u, 4095u, 4096u, 70'000u}) {
      for (const uint64_t synced :
           {uint64_t{0}, uint64_t{kLogHeaderSize}, uint64_t{4096}, uint64_t{1} << 24}) {
        for (const uint64_t before : {0u, 1u, 1000u}) {
          RecordContent content{kind, kTimestampMin, std::nullopt, {}};
          if (has_commit(kind)) content.commit = Timestamp{999};
          if (synced != 0) content.synced = synced;
          RecordPlace place{1 << 24, std::nullopt};
          if (before != 0) place.before = Timestamp{before};
          const Bytes payload(size, 'p');
          const Bytes bytes = write(place, content, payload);
          EXPECT_LE(bytes.size(), size + kRecordFrameSizeMax);
          EXPECT_EQ(bytes.size() % record_alignment(log), 0u);
          const auto record = read(place, bytes);
          ASSERT_TRUE(record);
          EXPECT_EQ(record->kind, kind);
          EXPECT_EQ(record->commit, content.commit);
          EXPECT_EQ(record->payload, payload);
          // The old format cannot say every distance.
          if (GetParam() != 1) {
            EXPECT_EQ(record->synced, content.synced);
          }
        }
      }
    }
  }
}

TEST_P(RecordTest, IsNoneWithAnyBitFlippedOrWithAnotherSalt) {
  for (const size_t size : {5u, 5000u}) {
    const RecordPlace place{4096, Timestamp{3}};
    const Bytes bytes = write(place, {RecordKind::batch, Timestamp{4}, 4000, {}}, Bytes(size, 'p'));
    for (size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
      Bytes flipped = bytes;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
      EXPECT_FALSE(read(place, flipped)) << bit;
    }
    const auto front = read_record_front(log, ByteView(bytes).substr(0, kRecordFrameSizeMax));
    ASSERT_TRUE(front);
    EXPECT_EQ(front->sure, GetParam() != 1 && size == 5000u);
    const LogHeader other{7, 0x5a18, GetParam()};
    if (read_record_front(other, bytes)) {
      EXPECT_FALSE(decode_record(other, place, bytes));
    }
  }
}

TEST_P(RecordTest, NoneBeginsWithAZeroOrInTooFewBytes) {
  const Bytes bytes = write({4096, Timestamp{3}}, {RecordKind::batch, Timestamp{1}, 4000, {}}, "payload");
  for (size_t size = 0; size < 8; ++size)
    EXPECT_FALSE(read_record_front(log, ByteView(bytes).substr(0, size)));
  EXPECT_FALSE(read_record_front(log, Bytes(kRecordFrameSizeMax, '\0')));
}

INSTANTIATE_TEST_SUITE_P(Formats, RecordTest, ::testing::Values(1u, 2u, kLogFormatVersion));

}  // namespace
}  // namespace coppice::engine
