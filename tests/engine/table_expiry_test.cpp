#include "engine/table/table_expiry.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "engine/base/random.hpp"
#include "engine/table/table_format.hpp"

namespace coppice::engine {
namespace {

ExpiryMoments moments_of(const std::vector<uint64_t>& expiries, uint64_t others = 0,
                         bool range_deletes = false) {
  ExpiryGatherer gatherer;
  for (const uint64_t expiry : expiries) {
    Bytes stored;
    put_fixed(stored, expiry);
    gatherer.add({"k", Timestamp{1}, Kind::put_that_expires, stored});
  }
  for (uint64_t i = 0; i < others; ++i) gatherer.add({"k", Timestamp{1}, Kind::put, "12345678"});
  return gatherer.finish(expiries.size() + others, range_deletes);
}

TEST(TableExpiryTest, SaysWhenAQuarterAHalfAndAllAreOver) {
  EXPECT_EQ(moments_of({8, 1, 7, 2, 6, 3, 5, 4}), (ExpiryMoments{2, 4, 8}));
  EXPECT_EQ(moments_of({5}), (ExpiryMoments{5, 5, 5}));
  EXPECT_EQ(moments_of({9, 1, 5}), (ExpiryMoments{1, 5, 9}));
}

TEST(TableExpiryTest, WhatDoesNotExpireIsNeverOver) {
  EXPECT_EQ(moments_of({}, 4), ExpiryMoments());
  EXPECT_EQ(moments_of({3, 4}, 2), (ExpiryMoments{3, 4, 0}));
  EXPECT_EQ(moments_of({3}, 3), (ExpiryMoments{3, 0, 0}));
  EXPECT_EQ(moments_of({3}, 4), ExpiryMoments());
}

TEST(TableExpiryTest, WhatRangeDeletesHideHasToStayHidden) {
  EXPECT_EQ(moments_of({3, 4}, 0, true), (ExpiryMoments{3, 3, 0}));
}

TEST(TableExpiryTest, WhatExpiredAtTheBeginningOfTimeIsOver) {
  EXPECT_EQ(moments_of({0, 0}), (ExpiryMoments{1, 1, 1}));
  EXPECT_TRUE(moments_of({0, 0}).all_is_over(1));
}

TEST(TableExpiryTest, CountsNoMoreThanAreOver) {
  Random random(4);
  for (int round = 0; round < 200; ++round) {
    std::vector<uint64_t> expiries(1 + random.below(30));
    for (uint64_t& expiry : expiries) expiry = 1 + random.below(40);
    const uint64_t others = random.below(20);
    const ExpiryMoments moments = moments_of(expiries, others);
    for (uint64_t ms = 0; ms <= 41; ++ms) {
      const auto over = static_cast<uint64_t>(
          std::ranges::count_if(expiries, [&](uint64_t expiry) { return expiry <= ms; }));
      const uint64_t total = expiries.size() + others;
      ASSERT_LE(moments.count_over(total, ms), over);
      ASSERT_EQ(moments.quarter_is_over(ms), over > 0 && 4 * over >= total);
      ASSERT_EQ(moments.all_is_over(ms), over == total);
    }
  }
}

TEST(TableExpiryTest, PropertiesSayItBehindTheRestIfTheFooterSaysSo) {
  TableMeta meta;
  meta.bounds = {"a", "b"};
  const TableMeta before = meta;
  meta.expiry = {1, 2, 3};
  meta.hidden_count = 7;
  const Bytes bytes = encode_properties(meta);

  EXPECT_EQ(decode_properties(bytes, kTableTimed), meta);
  EXPECT_EQ(decode_properties(ByteView(bytes).substr(0, bytes.size() - 32), 0), before);
  for (size_t size = 0; size < bytes.size(); ++size)
    EXPECT_EQ(decode_properties(ByteView(bytes).substr(0, size), kTableTimed), std::nullopt) << size;
}

}  // namespace
}  // namespace coppice::engine
