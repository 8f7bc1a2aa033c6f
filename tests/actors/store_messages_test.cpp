// The store as a program of actors sees it: by typed messages.
#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>
#include <gtest/gtest.h>

#include "actors/error.hpp"
#include "actors/store_actors.hpp"
#include "tests/actors/store_fixture.hpp"

namespace coppice::actors {
namespace {

class StoreMessagesTest : public StoreFixture {
protected:
  template <class T, class Actor, class... Args>
  Result<T> ask(const Actor& actor, Args&&... args) {
    caf::scoped_actor self(StoreActors::system(*store));
    Result<T> result = Error{Errc::cancelled, ""};
    self->request(actor, caf::infinite, std::forward<Args>(args)...)
        .receive([&](T& answer) { result = std::move(answer); },
                 [&](const caf::error& error) { result = from_caf(error); });
    return result;
  }
  template <class T, class... Args>
  Result<T> ask_router(Args&&... args) {
    return ask<T>(StoreActors::router(*store), std::forward<Args>(args)...);
  }
};

TEST_F(StoreMessagesTest, AWriteIsAnsweredWithItsTimestampWhereverItGoes) {
  options.boundaries = {"m"};
  open();
  engine::Batch one;
  ASSERT_TRUE(one.put("a", "1").ok());
  const auto first = ask_router<Timestamp>(atom::write_v, one, Durability::buffered);
  engine::Batch both;
  ASSERT_TRUE(both.put("a", "2").ok());
  ASSERT_TRUE(both.put("z", "2").ok());
  const auto second = ask_router<Timestamp>(atom::write_v, both, Durability::synced);
  ASSERT_TRUE(first.ok());
  ASSERT_TRUE(second.ok());
  EXPECT_LT(*first, *second);
  const auto values = ask_router<Values>(atom::get_many_v, std::vector<Bytes>{"a", "z", "q"});
  ASSERT_TRUE(values.ok());
  EXPECT_EQ(*values, (Values{"2", "2", std::nullopt}));
}

TEST_F(StoreMessagesTest, AnErrorKeepsItsCodeAndText) {
  open();
  const auto refused = ask_router<Values>(atom::get_many_v, std::vector<Bytes>{""});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Errc::invalid_argument);
}

TEST_F(StoreMessagesTest, AScanIsAnActorThatGivesPages) {
  options.boundaries = {"m"};
  open();
  for (const char* key : {"a", "b", "y", "z"}) put(key, "v");
  ScanOptions scan;
  scan.reverse = true;
  scan.page_size = 1;
  const auto actor = ask_router<ScanActor>(atom::scan_v, scan);
  ASSERT_TRUE(actor.ok());
  Bytes keys;
  for (bool last = false; !last;) {
    const auto page = ask<Page>(*actor, atom::next_v);
    ASSERT_TRUE(page.ok()) << to_string(page.error());
    for (size_t i = 0; i < page->count(); ++i) keys += page->key(i);
    last = page->last;
  }
  EXPECT_EQ(keys, "zyba");
  caf::anon_send(*actor, atom::close_v);
}

TEST_F(StoreMessagesTest, ASnapshotCanBeAskedForARange) {
  open();
  put("k", "old");
  const auto snapshot = ask_router<SnapshotHandle>(atom::snapshot_v, KeyRange{"a", "z"});
  ASSERT_TRUE(snapshot.ok());
  put("k", "new");
  EXPECT_EQ(*store->get("k", *snapshot), "old");
}

TEST_F(StoreMessagesTest, ARequestToAClosedStoreIsAnswered) {
  open();
  const RouterActor router = StoreActors::router(*store);
  ASSERT_TRUE(store->close().ok());
  const auto answer = ask<Values>(router, atom::get_many_v, std::vector<Bytes>{"k"});
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, Errc::cancelled);
}

}  // namespace
}  // namespace coppice::actors
