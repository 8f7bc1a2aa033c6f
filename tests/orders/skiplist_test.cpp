// Writers and readers of a memtable's order, in every order in which their steps can follow one another.
#include <algorithm>

#include <gtest/gtest.h>

#include "engine/memory/gathered_nodes.hpp"
#include "engine/memory/skiplist_steps.hpp"
#include "tests/orders/interleavings.hpp"

namespace coppice::engine {
namespace {

struct Orders {
  template <class U>
  using Atomic = Explored<U>;
  template <class U>
  using Plain = WatchedValue<U>;
};

using List = BasicSkipList<Orders>;
using Node = List::Node;

constexpr uint64_t kSeed = 1;

/// With which an entry of `commit` is a node of `height` levels.
uint64_t hash_for(uint32_t height, Timestamp commit) {
  for (uint64_t hash = 0;; ++hash) {
    Arena arena;
    SkipList list(arena, kSeed);
    SkipList::Node* const node = list.make({"k", commit, Kind::put, ""}, hash);
    list.link({&node, 1});
    if (list.sample(height).empty() && !list.sample(height - 1).empty()) return hash;
  }
}

struct Put {
  Bytes key;
  uint64_t commit = 1;
  uint32_t height = 1;
  uint64_t hash = hash_for(height, Timestamp{commit});
};

/// One order's list, in which `before` is linked before anyone begins.
struct Scene {
  explicit Scene(const std::vector<Put>& before) {
    for (const Put& put : before) link(put);
  }
  Node* make(const Put& put) { return list.make({put.key, Timestamp{put.commit}, Kind::put, "v"}, put.hash); }
  void link(const Put& put) {
    Node* const node = make(put);
    list.link({&node, 1});
  }
  /// Who loads a count sees as many of the writer's puts.
  void link_and_say(const Put& put) {
    link(put);
    linked.fetch_add(1, std::memory_order_release);
  }
  void expect(bool holds, const char* what) {
    if (!holds) Interleavings::fail(what);
  }
  bool has(const Put& put) const {
    const Node* const node = list.seek({put.key, Timestamp{put.commit}});
    return node != nullptr && node->key() == put.key && node->commit().raw == put.commit;
  }
  /// The keys in order, each node read.
  std::string walk() const {
    std::string keys;
    for (const Node* node = list.seek({}); node != nullptr; node = List::next(*node)) keys += node->key();
    return keys;
  }
  void read_all() {
    expect(std::ranges::is_sorted(walk()), "a reader sees no order");
    std::string tall;
    for (const Node* node : list.sample(1)) tall += node->key();
    expect(std::ranges::is_sorted(tall), "a reader sees no order on a level");
  }
  void end(const std::string& keys, size_t tall) {
    expect(walk() == keys, "what was linked is not there once, in order");
    expect(list.sample(1).size() == tall, "a level has lost a node");
    const Node* const last = list.last();
    expect(last != nullptr && last->key() == keys.substr(keys.size() - 1), "the last one is not last");
  }

  static const std::vector<Put>& gathered_puts() {
    static const std::vector<Put> puts = {{.key = "k"}, {.key = "f", .height = 2}};
    return puts;
  }

  Arena arena;
  List list{arena, kSeed};
  GatheredNodes<Orders> gathered{list};
  Explored<int> linked{0};
};

using Step = std::function<void(Scene&)>;

Interleavings::Outcome explore(const std::vector<Put>& before, const std::vector<Step>& threads,
                               const Step& end, const Interleavings::Bounds& bounds = {}) {
  const auto outcome = Interleavings::explore(
      [&] {
        const auto scene = std::make_shared<Scene>(before);
        Interleavings::Scene all;
        for (const Step& thread : threads) all.threads.push_back([scene, &thread] { thread(*scene); });
        all.end = [scene, &end] { end(*scene); };
        return all;
      },
      bounds);
  EXPECT_EQ(outcome.failure, "");
  ::testing::Test::RecordProperty("orders", static_cast<int>(outcome.orders));
  return outcome;
}

Step linking(const Put& put) {
  return [put](Scene& scene) { scene.link_and_say(put); };
}

const Step kReading = [](Scene& scene) { scene.read_all(); };

TEST(SkipListOrdersTest, TwoWritersBothLinkBetweenTheSameTwo) {
  const std::vector<Put> before = {{.key = "a"}, {.key = "z"}};
  const auto outcome = explore(before, {linking({.key = "f"}), linking({.key = "k"})},
                               [](Scene& scene) { scene.end("afkz", 0); });
  EXPECT_GT(outcome.orders, 10'000u);
}

TEST(SkipListOrdersTest, TwoWritersBothLinkOnEveryLevel) {
  const std::vector<Put> before = {{.key = "a"}, {.key = "z"}};
  const auto outcome =
      explore(before, {linking({.key = "f", .height = 2}), linking({.key = "k", .height = 2})},
              [](Scene& scene) { scene.end("afkz", 2); }, {.preemptions_max = 5});
  EXPECT_GT(outcome.orders, 10'000u);
}

/// Where no search is made: both find the end at first.
TEST(SkipListOrdersTest, TwoWritersBothLinkBehindAll) {
  const auto outcome = explore({{.key = "a"}}, {linking({.key = "f"}), linking({.key = "k", .height = 2})},
                               [](Scene& scene) { scene.end("afk", 1); }, {.preemptions_max = 5});
  EXPECT_GT(outcome.orders, 10'000u);
}

TEST(SkipListOrdersTest, AReaderFindsWhatWasLinkedBeforeAndWholeNodesOnly) {
  const Put tall{.key = "f", .height = 2};
  const Put low{.key = "k"};
  const Step write = [&](Scene& scene) {
    scene.link_and_say(tall);
    scene.link_and_say(low);
  };
  const Step read = [&](Scene& scene) {
    const int linked = scene.linked.load(std::memory_order_acquire);
    scene.expect(scene.has(tall) || linked < 1, "what was linked is not found");
    scene.expect(scene.has(low) || linked < 2, "what was linked is not found");
  };
  const auto outcome = explore({{.key = "z"}}, {write, read}, [](Scene& scene) { scene.end("fkz", 1); },
                               {.preemptions_max = 4, .older_max = 1});
  EXPECT_GT(outcome.orders, 10'000u);
}

TEST(SkipListOrdersTest, AReaderWalksInOrderBetweenTwoWriters) {
  const auto outcome =
      explore({{.key = "m"}}, {linking({.key = "f", .height = 2}), linking({.key = "k"}), kReading},
              [](Scene& scene) { scene.end("fkm", 1); }, {.preemptions_max = 3});
  EXPECT_GT(outcome.orders, 10'000u);
}

TEST(SkipListOrdersTest, AReaderGoesBackFromAnywhere) {
  const Step back = [](Scene& scene) {
    const Node* const before = scene.list.seek_before({"k"});
    scene.expect(before != nullptr && before->key() < "k", "a later one comes before");
    std::array<const Node*, 4> nodes{};
    const size_t count = scene.list.collect_before({"k"}, 1, nodes);
    scene.expect(count > 0, "nothing comes before");
    for (size_t i = 1; i < count; ++i)
      scene.expect(nodes[i - 1]->key() < nodes[i]->key(), "they are not in order");
    const Node* const last = scene.list.last();
    scene.expect(last != nullptr && last->key() >= "b", "the last one was there before");
  };
  const auto outcome =
      explore({{.key = "b"}}, {linking({.key = "f", .height = 2}), linking({.key = "k"}), back},
              [](Scene& scene) { scene.end("bfk", 1); }, {.preemptions_max = 3});
  EXPECT_GT(outcome.orders, 10'000u);
}

/// Cursors leave out the second of two equals, once they know that there are any.
TEST(SkipListOrdersTest, WhoSeesTwoEqualsKnowsThatThereAreSome) {
  const Step read = [](Scene& scene) {
    if (scene.walk() == "kk") scene.expect(scene.list.has_equals(), "two equals are not known");
  };
  const auto outcome = explore({}, {linking({.key = "k"}), linking({.key = "k"}), read},
                               [](Scene& scene) { scene.end("kk", 0); }, {.preemptions_max = 4});
  EXPECT_GT(outcome.orders, 10'000u);
}

/// Two gathered nodes, which their owner says to be visible, while a reader needs the order.
Step gathering(bool settles) {
  return [settles](Scene& scene) {
    for (const Put& put : Scene::gathered_puts()) {
      scene.gathered.add(scene.make(put));
      scene.linked.fetch_add(1, std::memory_order_release);
      // So that the next one comes into the same slot.
      if (settles) scene.gathered.settle();
    }
  };
}

const Step kReadingGathered = [](Scene& scene) {
  const auto linked = static_cast<size_t>(scene.linked.load(std::memory_order_acquire));
  scene.gathered.link_copies();
  const std::string keys = scene.walk();
  for (size_t i = 0; i < Scene::gathered_puts().size(); ++i) {
    const auto times = std::ranges::count(keys, Scene::gathered_puts()[i].key[0]);
    scene.expect(times == 1 || (times == 0 && i >= linked), "what was gathered is not there once");
  }
};

const Step kGatheredEnd = [](Scene& scene) {
  scene.gathered.link_copies();
  scene.end("fk", 1);
};

TEST(SkipListOrdersTest, OfWhatIsGatheredAndItsCopyOneIsLinked) {
  const auto outcome =
      explore({}, {gathering(true), kReadingGathered}, kGatheredEnd, {.preemptions_max = 2, .older_max = 1});
  EXPECT_GT(outcome.orders, 1'000u);
}

TEST(SkipListOrdersTest, OfWhatIsGatheredAndTheCopiesOfTwoOneIsLinked) {
  const auto outcome = explore({}, {gathering(false), kReadingGathered, kReadingGathered}, kGatheredEnd,
                               {.preemptions_max = 2, .older_max = 1});
  EXPECT_GT(outcome.orders, 10'000u);
}

}  // namespace
}  // namespace coppice::engine
