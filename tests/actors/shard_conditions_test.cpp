// Writes with conditions in one shard, driven by hand.
#include <gtest/gtest.h>

#include "tests/actors/shard_fixture.hpp"

namespace coppice::actors {
namespace {

class ShardConditionsTest : public ShardFixture {
protected:
  /// What came of a write with conditions.
  struct Call {
    std::shared_ptr<Conditions> conditions;
    Answer<Timestamp> answer;

    bool answered() const { return answer.result.has_value(); }
    WriteOutcome outcome() const { return conditions->outcome(**answer.result); }
    bool written() const { return answer.ok() && outcome().commit.has_value(); }
    bool refused() const { return answer.ok() && !outcome().commit; }
  };

  /// Waits in the queue.
  Call* push_if(std::vector<Condition> conditions, ByteView key, ByteView value,
                Durability durability = Durability::buffered) {
    Call* call = calls.emplace_back(std::make_unique<Call>()).get();
    call->conditions = std::make_shared<Conditions>(std::move(conditions));
    auto request = std::make_unique<WriteRequest>();
    EXPECT_TRUE(request->batch.put(key, value).ok());
    request->conditions = call->conditions;
    request->durability = durability;
    request->done = call->answer.done();
    EXPECT_EQ(port->queue.push(request), ShardQueue::Push::taken);
    return call;
  }
  Call* push_if_absent(ByteView key, ByteView value, Durability durability = Durability::buffered) {
    return push_if({{Bytes(key), kTimestampMin}}, key, value, durability);
  }
  Timestamp version(ByteView key) { return port->reader->get_versioned(key, {})->version; }

  std::vector<std::unique_ptr<Call>> calls;
};

TEST_F(ShardConditionsTest, APutIfAbsentIsMadeOnce) {
  Call* first = push_if_absent("k", "first");
  shard->turn();
  ASSERT_TRUE(first->written());
  EXPECT_EQ(version("k"), first->outcome().commit);
  Call* second = push_if_absent("k", "second");
  shard->turn();
  ASSERT_TRUE(second->refused());
  EXPECT_EQ(second->outcome().version, version("k"));
  EXPECT_EQ(get("k"), "first");
}

TEST_F(ShardConditionsTest, OfOneGroupTheFirstWins) {
  Call* first = push_if_absent("k", "first", Durability::synced);
  Call* other = push_if_absent("other", "too", Durability::synced);
  Call* second = push_if_absent("k", "second", Durability::synced);
  Call* third = push_if_absent("k", "third", Durability::synced);
  shard->turn();
  // Nobody is told of a write that could still be lost.
  EXPECT_FALSE(second->answered());
  host.settle(*shard);
  EXPECT_TRUE(first->written());
  EXPECT_TRUE(other->written());
  EXPECT_TRUE(second->refused());
  EXPECT_TRUE(third->refused());
  EXPECT_EQ(get("k"), "first");
}

TEST_F(ShardConditionsTest, AConditionSeesThePlainWriteBeforeItInTheGroup) {
  write("k", "old");
  const Timestamp old = version("k");
  push("k", "new", Durability::buffered);
  Call* stale = push_if({{"k", old}}, "k", "stale");
  shard->turn();
  ASSERT_TRUE(stale->refused());
  EXPECT_EQ(get("k"), "new");
  EXPECT_EQ(stale->outcome().version, version("k"));
}

TEST_F(ShardConditionsTest, AConditionSeesARangeDeleteBeforeItInTheGroup) {
  write("k", "old");
  auto request = std::make_unique<WriteRequest>();
  ASSERT_TRUE(request->batch.delete_range("a", "z").ok());
  request->durability = Durability::buffered;
  Answer<Timestamp> deleted;
  request->done = deleted.done();
  ASSERT_EQ(port->queue.push(request), ShardQueue::Push::taken);
  Call* anew = push_if_absent("k", "anew");
  shard->turn();
  EXPECT_TRUE(deleted.ok());
  EXPECT_TRUE(anew->written());
  EXPECT_EQ(get("k"), "anew");
}

TEST_F(ShardConditionsTest, AllConditionsMustHold) {
  write("a", "1");
  write("b", "1");
  Call* call = push_if({{"a", version("a")}, {"b", Timestamp{1}}, {"c", kTimestampMin}}, "d", "x");
  shard->turn();
  ASSERT_TRUE(call->refused());
  EXPECT_EQ(call->outcome().failed, 1u);
  EXPECT_EQ(call->outcome().version, version("b"));
  EXPECT_EQ(get("d"), std::nullopt);
  call = push_if({{"a", version("a")}, {"b", version("b")}, {"c", kTimestampMin}}, "d", "x");
  shard->turn();
  EXPECT_TRUE(call->written());
}

TEST_F(ShardConditionsTest, ARemovedKeyIsAbsent) {
  write("k", "old");
  auto request = std::make_unique<WriteRequest>();
  ASSERT_TRUE(request->batch.remove("k").ok());
  request->durability = Durability::buffered;
  Answer<Timestamp> removed;
  request->done = removed.done();
  ASSERT_EQ(port->queue.push(request), ShardQueue::Push::taken);
  shard->turn();
  Call* call = push_if_absent("k", "new");
  shard->turn();
  EXPECT_TRUE(call->written());
}

/// With a tree whose tables nobody has in memory.
class ShardConditionsOnDiskTest : public ShardConditionsTest {
protected:
  ShardConditionsOnDiskTest() {
    write("k", "old");
    write("l", "old");
    Answer<Nothing> flushed;
    shard->flush(flushed.done());
    host.settle(*shard);
    EXPECT_TRUE(flushed.ok());
    Answer<Nothing> closed;
    shard->close({}, closed.done());
    host.settle(*shard);
    EXPECT_TRUE(closed.ok());
    shard.reset();
    open();
    shard->adopt({}, {});
  }
};

TEST_F(ShardConditionsOnDiskTest, VersionsOnDiskAreReadApartAndOnce) {
  Call* k = push_if_absent("k", "new");
  Call* l = push_if_absent("l", "new");
  Call* m = push_if_absent("m", "new");
  shard->turn();
  EXPECT_FALSE(k->answered());
  EXPECT_EQ(host.apart.size(), 1u);
  // Comes behind them.
  Answer<Timestamp>* behind = push("n", "v", Durability::buffered);
  shard->turn();
  EXPECT_FALSE(behind->result);
  host.run_one_apart(*shard);
  EXPECT_TRUE(k->refused());
  EXPECT_TRUE(l->refused());
  EXPECT_TRUE(m->written());
  EXPECT_TRUE(behind->ok());
  EXPECT_EQ(get("k"), "old");
}

TEST_F(ShardConditionsOnDiskTest, AFailureMeanwhileAnswersAll) {
  Call* call = push_if_absent("k", "new");
  shard->turn();
  ASSERT_EQ(host.apart.size(), 1u);
  shard->fail({Errc::io_error, "the disk is gone"});
  EXPECT_TRUE(call->answer.failed());
  host.settle(*shard);
  EXPECT_TRUE(host.has_ended);
}

TEST_F(ShardConditionsOnDiskTest, ADamagedTableIsThatWritesOwnError) {
  const auto names = files.list("/tree");
  ASSERT_TRUE(names.ok());
  for (const std::string& name : *names) {
    if (!name.ends_with(".sst")) continue;
    ASSERT_TRUE(files.remove("/tree/" + name).ok());
  }
  Call* call = push_if_absent("k", "new");
  Answer<Timestamp>* plain = push("p", "v", Durability::buffered);
  shard->turn();
  host.settle(*shard);
  EXPECT_TRUE(call->answer.failed());
  EXPECT_TRUE(plain->ok());
}

}  // namespace
}  // namespace coppice::actors
