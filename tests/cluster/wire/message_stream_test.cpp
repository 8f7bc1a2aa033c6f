#include "cluster/wire/message_stream.hpp"

#include <capnp/message.h>
#include <capnp/serialize.h>
#include <gtest/gtest.h>
#include <schema/store.capnp.h>

#include "tests/cluster/wire/scripted_stream.hpp"

namespace coppice::wire {
namespace {

using kj::Exception;

class MessageStreamTest : public testing::Test {
public:
  // Members of KJ may throw from their destructors.
  ~MessageStreamTest() noexcept override = default;

protected:
  MessageStream& open(bool reads_wait_for_writes = false) {
    MessageStreamOptions options;
    options.limits.timer = &timer;
    options.reads_wait_for_writes = reads_wait_for_writes;
    stream = kj::heap<MessageStream>(bytes, options);
    return *stream;
  }

  static kj::Own<capnp::MallocMessageBuilder> entry(const std::string& key, size_t value_size = 0,
                                                    kj::uint first_segment_words = 1024) {
    auto message =
        kj::heap<capnp::MallocMessageBuilder>(first_segment_words, capnp::AllocationStrategy::FIXED_SIZE);
    auto root = message->initRoot<schema::Entry>();
    root.setKey(kj::arrayPtr(reinterpret_cast<const kj::byte*>(key.data()), key.size()));
    memset(root.initValue(static_cast<kj::uint>(value_size)).begin(), 'v', value_size);
    return message;
  }

  static std::string flat(capnp::MessageBuilder& message) {
    auto words = capnp::messageToFlatArray(message);
    return {words.asChars().begin(), words.asChars().size()};
  }

  kj::Promise<kj::Maybe<kj::Own<capnp::MessageReader>>> read() {
    return stream->tryReadMessage(reader_options());
  }

  /// The key of the next message, or "end", or "fails: why".
  std::string next_key() {
    try {
      KJ_IF_MAYBE (message, read().wait(scope)) {
        auto key = (*message)->getRoot<schema::Entry>().getKey();
        return {key.asChars().begin(), key.size()};
      }
      return "end";
    } catch (const Exception& error) {
      return std::string("fails: ") + error.getDescription().cStr();
    }
  }

  /// The head of a message of one segment for each size.
  static std::string head(uint32_t count_less_one, const std::vector<uint32_t>& words) {
    std::string bytes(reinterpret_cast<const char*>(&count_less_one), 4);
    for (uint32_t size : words) bytes.append(reinterpret_cast<const char*>(&size), 4);
    if (bytes.size() % 8 != 0) bytes.append(4, '\0');
    return bytes;
  }

  void pass(kj::Duration time) { timer.advanceTo(timer.now() + time); }

  kj::EventLoop loop;
  kj::WaitScope scope{loop};
  kj::TimerImpl timer{kj::origin<kj::TimePoint>()};
  ScriptedStream bytes;
  kj::Own<MessageStream> stream;
};

TEST_F(MessageStreamTest, OneReadBringsManyMessages) {
  open();
  bytes.push(flat(*entry("a")) + flat(*entry("b")) + flat(*entry("c")));
  bytes.end_of_input();
  EXPECT_EQ(next_key(), "a");
  EXPECT_EQ(next_key(), "b");
  EXPECT_EQ(next_key(), "c");
  EXPECT_EQ(next_key(), "end");
}

TEST_F(MessageStreamTest, AMessageMayComeByteByByte) {
  open();
  // Small first segments, so that the message has many.
  auto message = entry(std::string(300, 'k'), 5000, 8);
  ASSERT_GT(message->getSegmentsForOutput().size(), 2u);
  for (char byte : flat(*message)) bytes.push(std::string(1, byte));
  EXPECT_EQ(next_key(), std::string(300, 'k'));
}

TEST_F(MessageStreamTest, MessagesCutAtEveryPlaceAreWhole) {
  const std::string two = flat(*entry("first", 100)) + flat(*entry("second", 100));
  for (size_t cut = 1; cut < two.size(); ++cut) {
    open();
    bytes.push(two.substr(0, cut));
    bytes.push(two.substr(cut));
    EXPECT_EQ(next_key(), "first") << cut;
    EXPECT_EQ(next_key(), "second") << cut;
  }
}

TEST_F(MessageStreamTest, MessagesAroundTheBuffersSizeAreWhole) {
  open();
  const std::vector<size_t> sizes = {65536 - 64, 65536 - 8, 65536, 65536 + 8, 1 << 20};
  std::string all;
  for (size_t size : sizes) all += flat(*entry(std::to_string(size), size, 64));
  for (size_t begin = 0; begin < all.size(); begin += 10007) bytes.push(all.substr(begin, 10007));
  for (size_t size : sizes) EXPECT_EQ(next_key(), std::to_string(size));
}

TEST_F(MessageStreamTest, AnEndInsideAMessageIsADisconnection) {
  const std::string whole = flat(*entry("cut", 200000));
  for (size_t size : {size_t{1}, size_t{4}, size_t{8}, size_t{100}, whole.size() - 1}) {
    ScriptedStream cut;
    MessageStream reader(cut);
    cut.push(whole.substr(0, size));
    cut.end_of_input();
    try {
      (void)reader.tryReadMessage(reader_options()).wait(scope);
      ADD_FAILURE() << "a message of " << size << " bytes was taken";
    } catch (const Exception& error) {
      EXPECT_EQ(error.getType(), Exception::Type::DISCONNECTED) << size;
    }
  }
}

TEST_F(MessageStreamTest, RefusesTooManySegments) {
  open();
  bytes.push(head(kSegmentCountMax, {0}));
  EXPECT_NE(next_key().find("invalid_argument: the peer announced 513 segments"), std::string::npos);
}

TEST_F(MessageStreamTest, RefusesTheHighestCount) {
  open();
  bytes.push(head(UINT32_MAX, {0}));
  EXPECT_NE(next_key().find("4294967296 segments"), std::string::npos);
}

TEST_F(MessageStreamTest, RefusesAMessagePastTheLimitBeforeItComes) {
  open();
  bytes.push(head(0, {static_cast<uint32_t>(kMessageSizeMax / 8)}));
  EXPECT_NE(next_key().find("fails: invalid_argument"), std::string::npos);
}

TEST_F(MessageStreamTest, SizesThatOverflowWhenAddedAreRefused) {
  open();
  bytes.push(head(511, std::vector<uint32_t>(512, UINT32_MAX)));
  EXPECT_NE(next_key().find("fails: invalid_argument"), std::string::npos);
}

TEST_F(MessageStreamTest, TakesAMessageJustAtTheLimit) {
  open();
  bytes.push(head(0, {static_cast<uint32_t>(kMessageSizeMax / 8) - 1}));
  bytes.push(std::string(kMessageSizeMax - 8, '\0'));
  EXPECT_EQ(next_key(), "");
}

TEST_F(MessageStreamTest, SilenceBeforeTheFirstMessageIsBounded) {
  open();
  auto message = read();
  EXPECT_FALSE(message.poll(scope));
  pass(9 * kj::SECONDS);
  EXPECT_FALSE(message.poll(scope));
  pass(1 * kj::SECONDS);
  EXPECT_TRUE(message.poll(scope));
  EXPECT_THROW((void)message.wait(scope), Exception);
}

TEST_F(MessageStreamTest, SilenceBetweenMessagesIsNot) {
  open();
  bytes.push(flat(*entry("a")));
  EXPECT_EQ(next_key(), "a");
  auto message = read();
  pass(24 * kj::HOURS);
  EXPECT_FALSE(message.poll(scope));
}

TEST_F(MessageStreamTest, HalfAMessageIsBoundedHoweverSlowlyItGrows) {
  open();
  const std::string whole = flat(*entry("b"));
  bytes.push(flat(*entry("a")));
  EXPECT_EQ(next_key(), "a");
  auto message = read();
  for (size_t i = 0; i < 9; ++i) {
    bytes.push(whole.substr(i, 1));
    EXPECT_FALSE(message.poll(scope));
    pass(1 * kj::SECONDS);
  }
  pass(1 * kj::SECONDS);
  EXPECT_TRUE(message.poll(scope));
  EXPECT_THROW((void)message.wait(scope), Exception);
}

TEST_F(MessageStreamTest, ALargeMessageHasTimeForItsSize) {
  open();
  auto whole = flat(*entry("large", 4 << 20, 1 << 20));
  bytes.push(whole.substr(0, 100));
  auto message = read();
  EXPECT_FALSE(message.poll(scope));
  pass(25 * kj::SECONDS);
  EXPECT_FALSE(message.poll(scope));
  pass(2 * kj::SECONDS);
  EXPECT_TRUE(message.poll(scope));
}

TEST_F(MessageStreamTest, FinishedReadingIsAnEnd) {
  open();
  auto message = read();
  EXPECT_FALSE(message.poll(scope));
  stream->finish_reading();
  EXPECT_TRUE(message.wait(scope) == nullptr);
  bytes.push(flat(*entry("a")));
  EXPECT_EQ(next_key(), "end");
}

TEST_F(MessageStreamTest, WritesOfOneTurnGoOutInOne) {
  open();
  std::string expected;
  std::vector<kj::Own<capnp::MallocMessageBuilder>> messages;
  for (int i = 0; i < 20; ++i) messages.push_back(entry(std::to_string(i)));
  for (auto& message : messages) {
    expected += flat(*message);
    stream->writeMessage(*message).wait(scope);
  }
  // Each wait() ends before the loop is idle, so nothing has gone out yet.
  scope.poll();
  EXPECT_EQ(bytes.written, expected);
  EXPECT_LE(bytes.write_count, 2u);
}

TEST_F(MessageStreamTest, ALargeMessageGoesOutBehindWhatWasBuffered) {
  open();
  auto small = entry("small");
  auto large = entry("large", 1 << 20, 64);
  stream->writeMessage(*small).wait(scope);
  stream->writeMessage(*large).wait(scope);
  stream->writeMessage(*small).wait(scope);
  scope.poll();
  EXPECT_EQ(bytes.written, flat(*small) + flat(*large) + flat(*small));
}

TEST_F(MessageStreamTest, WritersWaitWhileTheBufferIsFull) {
  open();
  bytes.blocked = true;
  auto message = entry("k", 32 << 10, 8192);
  size_t taken = 0;
  kj::Promise<void> last = kj::READY_NOW;
  for (; taken < 100; ++taken) {
    last = stream->writeMessage(*message);
    if (!last.poll(scope)) break;
  }
  EXPECT_LT(taken, 20u);
  bytes.unblock();
  last.wait(scope);
  EXPECT_EQ(bytes.written.size(), (taken + 1) * flat(*message).size());
}

TEST_F(MessageStreamTest, ReadsWaitForWritesIfTold) {
  open(true);
  bytes.blocked = true;
  auto large = entry("large", 1 << 20);
  auto written = stream->writeMessage(*large);
  EXPECT_FALSE(written.poll(scope));
  bytes.push(flat(*entry("a")));
  auto message = read();
  EXPECT_FALSE(message.poll(scope));
  bytes.unblock();
  written.wait(scope);
  EXPECT_TRUE(message.poll(scope));
}

TEST_F(MessageStreamTest, AFailedWriteFailsReadsAndFurtherWrites) {
  open();
  bytes.failing = true;
  auto message = read();
  EXPECT_FALSE(message.poll(scope));
  stream->writeMessage(*entry("a")).wait(scope);
  EXPECT_TRUE(message.poll(scope));
  EXPECT_THROW((void)message.wait(scope), Exception);
  EXPECT_THROW(stream->writeMessage(*entry("b")).wait(scope), Exception);
  EXPECT_THROW(stream->end().wait(scope), Exception);
}

TEST_F(MessageStreamTest, EndComesBehindWhatWasWritten) {
  open();
  auto message = entry("a");
  stream->writeMessage(*message).wait(scope);
  stream->end().wait(scope);
  EXPECT_EQ(bytes.written, flat(*message));
  EXPECT_TRUE(bytes.write_ended);
}

}  // namespace
}  // namespace coppice::wire
