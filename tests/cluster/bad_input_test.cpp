// What a node does with clients that are wrong, hostile, or gone.
#include <fstream>

#include <capnp/message.h>
#include <capnp/rpc.capnp.h>
#include <capnp/serialize.h>
#include <schema/store.capnp.h>

#include "cluster/client/connection.hpp"
#include "cluster/service/session_state.hpp"
#include "cluster/wire/convert.hpp"
#include "cluster/wire/errors.hpp"
#include "tests/cluster/node_fixture.hpp"
#include "tests/cluster/raw_socket.hpp"

namespace coppice::cluster {
namespace {

class BadInputTest : public NodeTest {
protected:
  /// The node serves everyone else as before.
  void expect_well() {
    auto client = connect();
    ASSERT_NE(client, nullptr);
    EXPECT_TRUE(client->put("well", "yes", Durability::memory).ok());
    EXPECT_EQ(*client->get("well"), std::optional<Bytes>("yes"));
  }

  /// A connection whose calls no client library has checked.
  void connect_unchecked() {
    loop = *client::EventLoop::of_this_thread();
    auto opened = client::Connection::open(*loop, node->address(), 5 * kj::SECONDS);
    ASSERT_TRUE(opened.ok()) << to_string(opened.error());
    connection = *std::move(opened);
  }

  /// The error that a request is answered with.
  template <class Params, class Results>
  Error refusal(capnp::Request<Params, Results>& request) {
    try {
      (void)loop->wait(request.send().ignoreResult());
    } catch (const kj::Exception& error) {
      return wire::from_exception(error, "node");
    }
    return Error{Errc::not_found, "not refused"};
  }

  std::shared_ptr<client::EventLoop> loop;
  std::unique_ptr<client::Connection> connection;
};

TEST_F(BadInputTest, GarbageIsAClosedConnection) {
  start();
  for (const std::string& garbage : {std::string("GET / HTTP/1.1\r\nHost: coppice\r\n\r\n"),
                                     std::string(4096, '\xff'), std::string("\0\0\0\0\xff\xff\xff\xff", 8)}) {
    RawSocket socket(node->address());
    socket.send(garbage);
    const std::string said = socket.read_to_end();
    EXPECT_FALSE(said.ends_with("timeout"));
    EXPECT_NE(said.find("invalid_argument"), std::string::npos);
  }
  expect_well();
}

TEST_F(BadInputTest, AMessageThatIsNoRpcIsAClosedConnection) {
  start();
  RawSocket zeros(node->address());
  zeros.send(std::string("\0\0\0\0\x08\0\0\0", 8) + std::string(64, '\xee'));
  EXPECT_FALSE(zeros.read_to_end().ends_with("timeout"));
  expect_well();
}

TEST_F(BadInputTest, HalfAMessageIsCutOff) {
  options.message_time_ms = 100;
  start();
  RawSocket socket(node->address());
  socket.send(std::string("\0\0\0\0\x08\0\0\0half", 12));
  EXPECT_FALSE(socket.read_to_end().ends_with("timeout"));
  expect_well();
}

TEST_F(BadInputTest, SilenceIsCutOff) {
  options.message_time_ms = 100;
  start();
  RawSocket socket(node->address());
  EXPECT_FALSE(socket.read_to_end().ends_with("timeout"));
  expect_well();
}

TEST_F(BadInputTest, AClientThatKnewWhatToSayMayBeSilent) {
  options.message_time_ms = 50;
  start();
  auto quiet = connect();
  RawSocket silent(node->address());
  EXPECT_FALSE(silent.read_to_end().ends_with("timeout"));
  EXPECT_TRUE(quiet->put("a", "b").ok());
}

TEST_F(BadInputTest, KeysPastTheirLimitsAreRefused) {
  start();
  connect_unchecked();
  for (const Bytes& key : {Bytes(), Bytes(kKeySizeMax + 1, 'k')}) {
    auto get = connection->store().getRequest();
    get.setKey(wire::as_data(key));
    EXPECT_EQ(refusal(get).code, Errc::invalid_argument);
    auto many = connection->store().getManyRequest();
    many.initKeys(2).set(0, wire::as_data("good"));
    many.getKeys().set(1, wire::as_data(key));
    EXPECT_EQ(refusal(many).code, Errc::invalid_argument);
    auto put = connection->store().putRequest();
    put.initEntry().setKey(wire::as_data(key));
    EXPECT_EQ(refusal(put).code, Errc::invalid_argument);
    auto remove = connection->store().deleteRequest();
    remove.setKey(wire::as_data(key));
    EXPECT_EQ(refusal(remove).code, Errc::invalid_argument);
    auto split = connection->admin().splitRequest();
    split.setKey(wire::as_data(key));
    EXPECT_EQ(refusal(split).code, Errc::invalid_argument);
  }
  auto range = connection->store().scanRequest();
  range.initRange().setEnd(wire::as_data(Bytes(kKeySizeMax + 1, 'k')));
  EXPECT_EQ(refusal(range).code, Errc::invalid_argument);
}

TEST_F(BadInputTest, AMissingParameterIsRefused) {
  start();
  connect_unchecked();
  auto put = connection->store().putRequest();
  EXPECT_EQ(refusal(put).text, "the key is empty: keys have 1 to 16384 bytes");
  auto scan = connection->store().scanRequest();
  EXPECT_EQ(refusal(scan).text, "the scan names no sink for its pages");
}

TEST_F(BadInputTest, AValuePastItsLimitIsRefused) {
  start();
  connect_unchecked();
  auto put = connection->store().putRequest();
  auto entry = put.initEntry();
  entry.setKey(wire::as_data("k"));
  entry.initValue(kValueSizeMax + 1);
  EXPECT_EQ(refusal(put).code, Errc::invalid_argument);
  expect_well();
}

TEST_F(BadInputTest, AnEmptyRangeToDeleteIsRefused) {
  start();
  connect_unchecked();
  auto request = connection->store().deleteRangeRequest();
  request.initRange().setBegin(wire::as_data("b"));
  request.getRange().setEnd(wire::as_data("a"));
  EXPECT_EQ(refusal(request).code, Errc::invalid_argument);
}

TEST_F(BadInputTest, OneBadOperationRefusesTheBatch) {
  start();
  connect_unchecked();
  auto request = connection->store().writeRequest();
  auto operations = request.initOperations(2);
  operations[0].initPut().setKey(wire::as_data("good"));
  operations[1].setDelete(wire::as_data(""));
  EXPECT_EQ(refusal(request).code, Errc::invalid_argument);
  EXPECT_EQ(*connect()->get("good"), std::nullopt);
}

TEST_F(BadInputTest, AnUnknownDurabilityIsRefused) {
  start();
  connect_unchecked();
  auto request = connection->store().deleteRequest();
  request.setKey(wire::as_data("k"));
  request.setDurability(static_cast<schema::Durability>(77));
  EXPECT_EQ(refusal(request).code, Errc::invalid_argument);
}

/// Takes no page, ever.
class StuckSink final : public schema::PageSink::Server {
protected:
  kj::Promise<void> page(PageContext) override { return kj::NEVER_DONE; }
};

TEST_F(BadInputTest, AConnectionHasSoManyScans) {
  start();
  fill(*connect(), 100, "v");
  connect_unchecked();
  std::vector<kj::Promise<void>> scans;
  for (uint32_t i = 0; i < kScansMax; ++i) {
    auto request = connection->store().scanRequest();
    request.setSink(kj::heap<StuckSink>());
    scans.push_back(request.send().ignoreResult());
  }
  auto request = connection->store().scanRequest();
  request.setSink(kj::heap<StuckSink>());
  EXPECT_EQ(refusal(request).code, Errc::unavailable);

  scans.clear();
  EXPECT_TRUE(client::Client::connect(wire::to_string(node->address()))
                  .value()
                  ->scan({}, [](auto) { return true; })
                  .ok());
}

TEST_F(BadInputTest, AClientThatVanishesInAScanTakesItAlong) {
  start();
  fill(*connect(), 20000, Bytes(1000, 'v'));
  for (int i = 0; i < 5; ++i) {
    connect_unchecked();
    auto request = connection->store().scanRequest();
    request.setSink(kj::heap<StuckSink>());
    auto scan = request.send().ignoreResult();
    auto get = connection->store().getRequest();
    get.setKey(wire::as_data("k000000"));
    loop->wait(get.send().ignoreResult());
    connection.reset();
  }
  auto watcher = connect();
  EXPECT_TRUE(eventually([&]() { return watcher->stats()->connections == 1; }));
  EXPECT_TRUE(eventually([&]() {
    const auto stats = watcher->stats();
    return std::all_of(stats->shards.begin(), stats->shards.end(),
                       [](auto& shard) { return shard.snapshots == 0; });
  }));
}

/// Bytes of a message as a client would send it.
std::string flat(capnp::MessageBuilder& message) {
  const auto words = capnp::messageToFlatArray(message);
  return {words.asChars().begin(), words.asChars().size()};
}

std::string bootstrap_bytes() {
  capnp::MallocMessageBuilder message;
  message.initRoot<capnp::rpc::Message>().initBootstrap().setQuestionId(0);
  return flat(message);
}

/// Asks the bootstrap capability for `key`.
std::string get_bytes(uint32_t question, ByteView key) {
  capnp::MallocMessageBuilder message;
  auto call = message.initRoot<capnp::rpc::Message>().initCall();
  call.setQuestionId(question);
  call.initTarget().initPromisedAnswer().setQuestionId(0);
  call.setInterfaceId(capnp::typeId<schema::Reader>());
  call.initParams().getContent().initAs<schema::Reader::GetParams>().setKey(wire::as_data(key));
  return flat(message);
}

size_t memory_used() {
  size_t pages = 0;
  size_t resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  return resident * 4096;
}

/// What the address sanitizer keeps of what was freed, to know who still uses it; in bytes.
constexpr size_t kFreedKept =
#if defined(__SANITIZE_ADDRESS__)
    256 << 20;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
    256 << 20;
#else
    0;
#endif
#else
    0;
#endif

// All of them would take a gigabyte.
TEST_F(BadInputTest, AnswersThatNobodyTakesDoNotPileUp) {
  start();
  ASSERT_TRUE(connect()->put("large", Bytes(1 << 20, 'x'), Durability::buffered).ok());
  RawSocket greedy(node->address());
  std::string bytes = bootstrap_bytes();
  for (uint32_t question = 1; question <= 1000; ++question) bytes += get_bytes(question, "large");
  const size_t before = memory_used();
  greedy.send(bytes);
  for (int i = 0; i < 20; ++i) expect_well();
  EXPECT_LT(memory_used(), before + (200 << 20) + kFreedKept);
}

TEST_F(BadInputTest, TooManyConnectionsAreToldSo) {
  options.connections_max = 2;
  start();
  auto first = connect();
  auto second = connect();
  const auto third = client::Client::connect(wire::to_string(node->address()));
  ASSERT_FALSE(third.ok());
  EXPECT_EQ(third.error().code, Errc::unavailable);
  EXPECT_NE(third.error().text.find("the node serves 2 clients, its limit"), std::string::npos)
      << third.error().text;
  EXPECT_EQ(third.error().retry_after_ms, 1000u);

  first.reset();
  EXPECT_TRUE(eventually([&]() { return client::Client::connect(wire::to_string(node->address())).ok(); }));
}

TEST_F(BadInputTest, ANodeThatIsNotThereIsUnavailable) {
  start();
  const std::string address = wire::to_string(node->address());
  node.reset();
  const auto refused = client::Client::connect(address);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Errc::unavailable);
  EXPECT_NE(refused.error().text.find("cannot connect to " + address), std::string::npos);
}

TEST_F(BadInputTest, AStopDoesNotWaitForAScanForEver) {
  options.stop_time_ms = 100;
  start();
  fill(*connect(), 20000, Bytes(1000, 'v'));
  connect_unchecked();
  auto request = connection->store().scanRequest();
  request.setSink(kj::heap<StuckSink>());
  auto scan = request.send().ignoreResult().eagerlyEvaluate(nullptr);
  auto get = connection->store().getRequest();
  get.setKey(wire::as_data("k000000"));
  loop->wait(get.send().ignoreResult());
  node->stop();
  EXPECT_THROW(loop->wait(kj::mv(scan)), kj::Exception);
}

}  // namespace
}  // namespace coppice::cluster
