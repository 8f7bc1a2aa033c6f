#include "engine/cursor/short_key.hpp"

#include <gtest/gtest.h>

namespace coppice::engine {
namespace {

TEST(ShortKeyTest, KeysAreTheSameIfEveryByteIs) {
  for (size_t size = 0; size < 40; ++size) {
    const Bytes key(size, 'k');
    EXPECT_TRUE(same_key(key, Bytes(key)));
    EXPECT_FALSE(same_key(key, key + "k"));
    for (size_t i = 0; i < size; ++i) {
      Bytes other = key;
      other[i] = '\xff';
      EXPECT_FALSE(same_key(key, other)) << size << " " << i;
    }
  }
}

TEST(ShortKeyTest, ACopyIsTheKeyWhateverItWasBefore) {
  KeyCopy copy;
  EXPECT_EQ(ByteView(copy), "");
  for (const size_t size :
       {0u, 1u, 7u, 8u, 9u, 15u, 16u, 17u, 63u, 64u, 65u, 200u, 64u, 8u, 3u, 16'000u, 5u, 300u}) {
    Bytes key;
    for (size_t i = 0; i < size; ++i) key.push_back(static_cast<char>('a' + i % 26));
    copy.assign(key);
    ASSERT_EQ(ByteView(copy), key);
    // Of itself, from the front and from within.
    copy.assign(ByteView(copy));
    ASSERT_EQ(ByteView(copy), key);
    copy.assign(ByteView(copy).substr(size / 3));
    ASSERT_EQ(ByteView(copy), ByteView(key).substr(size / 3));
  }
}

}  // namespace
}  // namespace coppice::engine
