#include "engine/log/batch.hpp"

#include <gtest/gtest.h>

#include "engine/log/spanning.hpp"

namespace coppice::engine {
namespace {

Batch mixed_batch() {
  Batch batch;
  EXPECT_TRUE(batch.put("apple", "red").ok());
  EXPECT_TRUE(batch.remove("pear").ok());
  EXPECT_TRUE(batch.delete_range("q", "").ok());
  EXPECT_TRUE(batch.put(Bytes("\0\xff", 2), "").ok());
  return batch;
}

TEST(BatchTest, GivesBackWhatWasAddedInOrder) {
  const Batch batch = mixed_batch();
  EXPECT_EQ(batch.count(), 4u);
  EXPECT_EQ(batch.range_delete_count(), 1u);

  Batch::Reader reader(batch);
  auto operation = reader.next();
  ASSERT_TRUE(operation);
  EXPECT_EQ(operation->kind, OperationKind::put);
  EXPECT_EQ(operation->key, "apple");
  EXPECT_EQ(operation->value, "red");
  EXPECT_EQ(reader.next()->kind, OperationKind::remove);
  EXPECT_EQ(reader.next()->value, "");
  EXPECT_EQ(reader.next()->key, Bytes("\0\xff", 2));
  EXPECT_FALSE(reader.next());
}

TEST(BatchTest, RefusesWhatBreaksALimitAndStaysAsItWas) {
  Batch batch;
  EXPECT_EQ(batch.put("", "value").error().code, Errc::invalid_argument);
  EXPECT_EQ(batch.put(Bytes(kKeySizeMax + 1, 'k'), "").error().code, Errc::invalid_argument);
  EXPECT_EQ(batch.remove("").error().code, Errc::invalid_argument);
  EXPECT_EQ(batch.delete_range("b", "b").error().code, Errc::invalid_argument);
  EXPECT_EQ(batch.delete_range("b", "a").error().code, Errc::invalid_argument);
  EXPECT_TRUE(batch.empty());
  EXPECT_TRUE(batch.put(Bytes(kKeySizeMax, 'k'), "").ok());

  EXPECT_EQ(batch.put("k", Bytes(kBatchSizeMax, 'v')).error().code, Errc::invalid_argument);
  EXPECT_EQ(batch.count(), 1u);
}

TEST(BatchTest, APutThatExpiresHasItsMomentInFrontOfItsValue) {
  Batch batch;
  ASSERT_TRUE(batch.put_until("session", "open", 1'700'000'000'000).ok());
  ASSERT_TRUE(batch.put_until("empty", "", 0).ok());

  Batch::Reader reader(batch);
  const auto operation = reader.next();
  ASSERT_TRUE(operation);
  EXPECT_EQ(kind_of(*operation), Kind::put_that_expires);
  EXPECT_EQ(expiry_of(operation->value), 1'700'000'000'000u);
  EXPECT_EQ(plain_value(kind_of(*operation), operation->value), "open");
  EXPECT_EQ(plain_value(Kind::put_that_expires, reader.next()->value), "");

  Batch again;
  ASSERT_TRUE(again.add(*operation).ok());
  EXPECT_EQ(again.bytes(), batch.bytes().substr(0, again.bytes().size()));
  EXPECT_TRUE(Batch::decode(Bytes(batch.bytes())).ok());
}

TEST(BatchTest, APutThatExpiresAndSaysNoMomentIsNone) {
  Batch batch;
  EXPECT_EQ(batch.add({OperationKind::put_that_expires, "k", "7 bytes"}).error().code,
            Errc::invalid_argument);
  EXPECT_EQ(batch.put_until("", "v", 1).error().code, Errc::invalid_argument);
  EXPECT_TRUE(batch.empty());
  EXPECT_EQ(Batch::decode(Bytes("\x04\x01k\x07seven..", 11)).error().code, Errc::corruption);
}

TEST(BatchTest, DecodesItsOwnBytes) {
  const Batch batch = mixed_batch();
  auto decoded = Batch::decode(Bytes(batch.bytes()));
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(decoded->bytes(), batch.bytes());
  EXPECT_EQ(decoded->count(), batch.count());
  EXPECT_EQ(decoded->range_delete_count(), batch.range_delete_count());
}

TEST(BatchTest, NoPartOfABatchDecodesToTheWhole) {
  const Batch batch = mixed_batch();
  for (size_t size = 0; size < batch.bytes().size(); ++size) {
    const auto decoded = Batch::decode(Bytes(batch.bytes().substr(0, size)));
    EXPECT_TRUE(!decoded.ok() || decoded->count() < batch.count()) << size;
  }
  EXPECT_EQ(Batch::decode(Bytes(1, '\x09')).error().code, Errc::corruption);
}

TEST(BatchTest, HasOnlySoManyRangeDeletes) {
  Batch batch;
  for (size_t count = 0; count < 1024; ++count) ASSERT_TRUE(batch.delete_range("a", "b").ok());
  EXPECT_EQ(batch.delete_range("a", "b").error().code, Errc::invalid_argument);
  EXPECT_TRUE(batch.put("a", "1").ok());
  EXPECT_TRUE(Batch::decode(Bytes(batch.bytes())).ok());

  Batch one;
  ASSERT_TRUE(one.delete_range("a", "b").ok());
  EXPECT_EQ(Batch::decode(Bytes(batch.bytes()) + Bytes(one.bytes())).error().code, Errc::corruption);
}

TEST(SpanningTest, KeepsEveryPartAndKnowsItsOwn) {
  Batch one;
  Batch two;
  ASSERT_TRUE(one.put("a", "1").ok());
  ASSERT_TRUE(two.put("b", "2").ok());
  const SpanningPart parts[] = {{7, one.bytes()}, {9, two.bytes()}};

  const auto decoded = decode_spanning(encode_spanning(two.bytes(), parts));
  ASSERT_TRUE(decoded.ok());
  ASSERT_EQ(decoded->parts.size(), 2u);
  EXPECT_EQ(decoded->own, 1u);
  EXPECT_EQ(decoded->parts[0].shard, 7u);
  EXPECT_EQ(decoded->parts[0].batch.bytes(), one.bytes());
  EXPECT_EQ(decoded->parts[1].batch.bytes(), two.bytes());
}

TEST(SpanningTest, RefusesWhatIsCutShort) {
  Batch one;
  ASSERT_TRUE(one.put("a", "1").ok());
  const SpanningPart parts[] = {{7, one.bytes()}};
  const Bytes payload = encode_spanning(one.bytes(), parts);
  for (size_t size = 0; size < payload.size(); ++size)
    EXPECT_EQ(decode_spanning(ByteView(payload).substr(0, size)).error().code, Errc::corruption) << size;
}

}  // namespace
}  // namespace coppice::engine
