#include "engine/memory/skiplist.hpp"

#include <algorithm>
#include <set>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "engine/base/checksum.hpp"
#include "engine/base/random.hpp"

namespace coppice::engine {
namespace {

/// What a list should hold, kept by the standard library.
struct Model {
  struct Before {
    bool operator()(const std::pair<Bytes, uint64_t>& a, const std::pair<Bytes, uint64_t>& b) const {
      return compare({a.first, Timestamp{a.second}}, {b.first, Timestamp{b.second}}) < 0;
    }
  };
  std::set<std::pair<Bytes, uint64_t>, Before> positions;
};

void insert(SkipList& list, const std::vector<Entry>& entries) {
  std::vector<SkipList::Node*> nodes;
  for (const Entry& entry : entries) nodes.push_back(list.make(entry, key_hash(entry.key)));
  list.link(nodes);
}

class SkipListTest : public ::testing::Test {
protected:
  void insert(ByteView key, uint64_t commit, ByteView value = "v") {
    engine::insert(list, {{key, Timestamp{commit}, Kind::put, value}});
  }
  static std::string text(const SkipList::Node* node) {
    if (node == nullptr) return "none";
    return Bytes(node->key()) + "@" + std::to_string(node->commit().raw);
  }
  std::string all() const {
    std::string text_of_all;
    for (const SkipList::Node* node = list.seek({}); node != nullptr; node = SkipList::next(*node))
      text_of_all += text(node) + " ";
    return text_of_all;
  }

  uint64_t count() const {
    uint64_t linked = 0;
    for (const SkipList::Node* node = list.seek({}); node != nullptr; node = SkipList::next(*node)) ++linked;
    return linked;
  }

  Arena arena;
  SkipList list{arena, 1};
};

TEST_F(SkipListTest, EmptyHasNothing) {
  EXPECT_EQ(list.seek({}), nullptr);
  EXPECT_EQ(list.seek_before({"k"}), nullptr);
  EXPECT_EQ(list.last(), nullptr);
}

TEST_F(SkipListTest, KeysAscendAndVersionsDescend) {
  insert("b", 2);
  insert("a", 1);
  insert("b", 3);
  insert("a", 9);
  EXPECT_EQ(all(), "a@9 a@1 b@3 b@2 ");
  EXPECT_EQ(text(list.seek({"a", Timestamp{8}})), "a@1");
  EXPECT_EQ(text(list.seek({"b"})), "b@3");
  EXPECT_EQ(text(list.seek_before({"b"})), "a@1");
  EXPECT_EQ(text(list.seek_before({"a", Timestamp{9}})), "none");
  EXPECT_EQ(text(list.last()), "b@2");
}

TEST_F(SkipListTest, KeysThatDifferOnlyNearTheirPrefixAreInOrder) {
  const std::vector<Bytes> keys{"a",
                                Bytes("a\0", 2),
                                Bytes("a\0\0\0\0\0\0\0", 8),
                                Bytes("a\0\0\0\0\0\0\0\0", 9),
                                Bytes("a\0\0\0\0\0\0\0\1", 9),
                                "abcdefgh",
                                Bytes("abcdefgh\0", 9),
                                "abcdefghi",
                                "abcdefghijklmno",
                                "abcdefghijklmnop",
                                "abcdefghijklmnoq",
                                Bytes("abcdefghijklmnoq\0", 17),
                                "abcdefghijklmnoqr",
                                "abcdefgi",
                                "\x7f",
                                "\x80",
                                "\xff"};
  for (const Bytes& key : keys) insert(key, 1);
  for (size_t i = keys.size(); i-- > 0;) insert(keys[i], 2);
  size_t at = 0;
  for (const SkipList::Node* node = list.seek({}); node != nullptr; node = SkipList::next(*node), ++at) {
    ASSERT_LT(at / 2, keys.size());
    EXPECT_EQ(node->key(), keys[at / 2]);
    EXPECT_EQ(node->commit().raw, at % 2 == 0 ? 2u : 1u);
  }
  EXPECT_EQ(at, 2 * keys.size());
}

TEST_F(SkipListTest, OfEqualsTheLastComesFirst) {
  insert("k", 5, "first");
  EXPECT_FALSE(list.has_equals());
  insert("k", 5, "second");
  EXPECT_TRUE(list.has_equals());
  EXPECT_EQ(list.seek({"k"})->entry().value, "second");
}

TEST_F(SkipListTest, EntriesComeBackWhole) {
  const Bytes key(kKeySizeMax, 'k');
  const Bytes value(3 << 20, 'v');
  engine::insert(list, {{key, Timestamp{7}, Kind::remove, ""}});
  engine::insert(list, {{key, Timestamp{8}, Kind::put, value}});
  const Entry newest = list.seek({key})->entry();
  EXPECT_EQ(newest.key, key);
  EXPECT_EQ(newest.value, value);
  EXPECT_EQ(newest.kind, Kind::put);
  EXPECT_EQ(list.last()->entry().kind, Kind::remove);
}

TEST_F(SkipListTest, AgreesWithASetOnRandomKeys) {
  Model model;
  Random random(11);
  for (int i = 0; i < 20000; ++i) {
    Bytes key(1 + random.below(12), 'a');
    for (char& c : key) c = static_cast<char>(random.below(3));
    const uint64_t commit = 1 + random.below(50);
    if (random.one_in(2)) {
      if (model.positions.emplace(key, commit).second) insert(key, commit);
      continue;
    }
    const auto found = model.positions.lower_bound({key, commit});
    const SkipList::Node* node = list.seek({key, Timestamp{commit}});
    ASSERT_EQ(node != nullptr, found != model.positions.end());
    if (node != nullptr) {
      ASSERT_EQ(node->key(), found->first);
      ASSERT_EQ(node->commit().raw, found->second);
    }
    const SkipList::Node* before = list.seek_before({key, Timestamp{commit}});
    ASSERT_EQ(before != nullptr, found != model.positions.begin());
    if (before != nullptr) {
      ASSERT_EQ(before->key(), std::prev(found)->first);
      ASSERT_EQ(before->commit().raw, std::prev(found)->second);
    }
  }
  EXPECT_EQ(count(), model.positions.size());
  EXPECT_FALSE(list.has_equals());
}

TEST_F(SkipListTest, ManyAtOnceAreAsOneByOne) {
  Arena other_arena;
  SkipList other(other_arena, 1);
  Random random(12);
  uint64_t commit = 0;
  for (int round = 0; round < 500; ++round) {
    // In order, in no order, and so few keys that they meet at one place; some batches write a key twice.
    std::vector<Bytes> keys(random.below(40));
    for (Bytes& key : keys) key = "key " + std::to_string(random.below(round % 3 == 0 ? 5 : 100'000));
    if (round % 3 == 1) std::ranges::sort(keys);
    ++commit;
    std::vector<Entry> entries;
    for (const Bytes& key : keys) entries.push_back({key, Timestamp{commit}, Kind::put, key});
    for (size_t i = 0; i < entries.size(); ++i) entries[i].value = entries[i].key.substr(0, i % 4);
    engine::insert(list, entries);
    for (const Entry& entry : entries) engine::insert(other, {entry});
  }
  const SkipList::Node* node = list.seek({});
  for (const SkipList::Node* same = other.seek({}); same != nullptr; same = SkipList::next(*same)) {
    ASSERT_EQ(text(node), text(same));
    ASSERT_EQ(node->entry().value, same->entry().value);
    node = SkipList::next(*node);
  }
  EXPECT_EQ(node, nullptr);
  EXPECT_TRUE(list.has_equals());
}

TEST_F(SkipListTest, OfWhatIsThereAlreadyNothingIsLinkedAgain) {
  Random random(13);
  Model model;
  for (int round = 0; round < 300; ++round) {
    std::vector<Bytes> keys(1 + random.below(20));
    std::vector<SkipList::Node*> nodes;
    for (Bytes& key : keys) {
      key = std::to_string(random.below(300));
      const uint64_t commit = 1 + random.below(3);
      nodes.push_back(list.make({key, Timestamp{commit}, Kind::put, key}, key_hash(key)));
      model.positions.emplace(key, commit);
    }
    if (random.one_in(2)) list.link_copies({nodes.data(), nodes.size()});
    if (random.one_in(2)) list.link_missing(nodes);
    list.link_copies({nodes.data(), nodes.size()});
    ASSERT_EQ(count(), model.positions.size());
  }
  auto expected = model.positions.begin();
  for (const SkipList::Node* node = list.seek({}); node != nullptr;
       node = SkipList::next(*node), ++expected) {
    ASSERT_EQ(node->key(), expected->first);
    ASSERT_EQ(node->commit().raw, expected->second);
    ASSERT_EQ(node->entry().value, expected->first);
  }
  EXPECT_FALSE(list.has_equals());
}

TEST_F(SkipListTest, ThreadsThatLinkTheSameLinkItOnce) {
  constexpr int kThreads = 4;
  constexpr uint64_t kEntries = 4000;
  std::vector<SkipList::Node*> nodes;
  for (uint64_t i = 0; i < kEntries; ++i) {
    const Bytes key = std::to_string(mix(i));
    nodes.push_back(list.make({key, Timestamp{1}, Kind::put, key}, key_hash(key)));
  }
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&, thread] {
        for (size_t i = 0; i < nodes.size(); i += 10) {
          const std::span<SkipList::Node* const> some = std::span(nodes).subspan(i, 10);
          // One of them has the nodes, as the others have only copies.
          if (thread == 0) {
            list.link_missing(some);
          } else {
            list.link_copies({some.data(), some.size()});
          }
          for (const SkipList::Node* node : some)
            if (const SkipList::Node* found = list.seek({node->key(), node->commit()});
                found == nullptr || found->key() != node->key())
              ADD_FAILURE() << "not linked: " << node->key();
        }
      });
    }
  }
  EXPECT_EQ(count(), kEntries);
  EXPECT_FALSE(list.has_equals());
}

TEST_F(SkipListTest, WritersThatMeetAtOnePlaceKeepTheOrder) {
  constexpr int kWriters = 8;
  constexpr uint64_t kEntries = 20000;
  // Numbers drawn from one counter: everybody links near the end; the time it takes to copy a large value, between
  // finding the place and linking there, lets others be faster.
  const Bytes value(4000, 'v');
  std::atomic<uint64_t> next{0};
  {
    std::vector<std::jthread> threads;
    for (int writer = 0; writer < kWriters; ++writer) {
      threads.emplace_back([&] {
        for (uint64_t n = next++; n < kEntries; n = next++)
          engine::insert(list, {{"key", Timestamp{kEntries - n}, Kind::put, value}});
      });
    }
  }
  uint64_t expected = kEntries;
  for (const SkipList::Node* node = list.seek({}); node != nullptr; node = SkipList::next(*node))
    ASSERT_EQ(node->commit().raw, expected--);
  EXPECT_EQ(expected, 0u);
  EXPECT_FALSE(list.has_equals());
}

TEST_F(SkipListTest, ManyWritersAndReadersMeet) {
  constexpr uint64_t kWriters = 4;
  constexpr uint64_t kEach = 5000;
  // Each writer ascends through keys that interleave with the others', or draws them at random; its progress
  // says what readers must find.
  const auto key_of = [](uint64_t writer, uint64_t i) {
    Bytes key(16, '0');
    uint64_t n = writer % 2 == 0 ? i : mix(i) % 1000;
    for (size_t digit = key.size(); n > 0; n /= 10) key[--digit] = static_cast<char>('0' + n % 10);
    return key;
  };
  const auto commit_of = [](uint64_t writer, uint64_t i) { return Timestamp{1 + i * kWriters + writer}; };
  std::array<std::atomic<uint64_t>, kWriters> progress{};
  std::atomic<uint64_t> wrong{0};
  {
    std::vector<std::jthread> threads;
    for (uint64_t writer = 0; writer < kWriters; ++writer) {
      threads.emplace_back([&, writer] {
        // Half of them many at once.
        const uint64_t at_once = writer < 2 ? 1 : 10;
        for (uint64_t i = 0; i < kEach; i += at_once) {
          std::vector<Bytes> keys;
          for (uint64_t j = i; j < i + at_once; ++j) keys.push_back(key_of(writer, j));
          std::vector<Entry> entries;
          for (uint64_t j = i; j < i + at_once; ++j)
            entries.push_back({keys[j - i], commit_of(writer, j), Kind::put, keys[j - i]});
          engine::insert(list, entries);
          progress[writer].store(i + at_once, std::memory_order_release);
        }
      });
      threads.emplace_back([&, writer] {
        Random random(writer);
        for (uint64_t done = 0; done < kEach;) {
          done = progress[writer].load(std::memory_order_acquire);
          if (done == 0) continue;
          const uint64_t i = random.below(done);
          const Bytes key = key_of(writer, i);
          const SkipList::Node* node = list.seek({key, commit_of(writer, i)});
          if (node == nullptr || node->key() != key || node->commit() != commit_of(writer, i) ||
              node->entry().value != key)
            ++wrong;
        }
      });
    }
    threads.emplace_back([&] {
      for (int round = 0; round < 20; ++round) {
        const SkipList::Node* before = nullptr;
        for (const SkipList::Node* node = list.seek({}); node != nullptr; node = SkipList::next(*node)) {
          if (before && compare({before->key(), before->commit()}, {node->key(), node->commit()}) >= 0)
            ++wrong;
          before = node;
        }
      }
    });
  }
  EXPECT_EQ(wrong, 0u);
  EXPECT_EQ(count(), kWriters * kEach);
}

}  // namespace
}  // namespace coppice::engine
