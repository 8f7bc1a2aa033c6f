// kill -9 of a node at random moments: what was acknowledged is there when it is up again.
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <map>
#include <mutex>
#include <random>
#include <thread>

#include <gtest/gtest.h>

#include "tests/process/process_fixture.hpp"
#include "tests/support/seed.hpp"

namespace coppice::test {
namespace {

/// Small memtables, so that flushes and merges run while the node is killed.
const std::vector<std::string> kSmall{"--memtable-size", "256KiB", "--boundaries", "record/00006000",
                                      "record/00012000"};

class KillTest : public testing::Test {
protected:
  KillTest() : seed(static_cast<unsigned>(test_seed())), random(seed) {
    RecordProperty("seed", static_cast<int>(seed));
    std::printf("COPPICE_SEED=%u repeats this run's choices\n", seed);
  }

  size_t up_to(size_t most) { return random() % (most + 1); }

  const unsigned seed;
  std::mt19937 random;
  TemporaryDirectory directory;
};

/// Asks the node until it has committed so many operations, and at most until kDeadline.
void wait_for_writes(const Server& server, uint64_t count) {
  const auto client = server.connect();
  const auto end = std::chrono::steady_clock::now() + kDeadline;
  while (client != nullptr && std::chrono::steady_clock::now() < end) {
    const auto stats = client->stats();
    ASSERT_TRUE(stats.ok()) << to_string(stats.error());
    uint64_t writes = 0;
    for (const auto& shard : stats->shards) writes += shard.writes;
    if (writes >= count) return;
  }
}

/// N of "... N leading lines are kept".
size_t kept_lines(const std::string& errors) {
  const size_t end = errors.find(" leading lines are kept");
  EXPECT_NE(end, std::string::npos) << errors;
  if (end == std::string::npos) return 0;
  const size_t begin = errors.rfind(' ', end - 1) + 1;
  return std::strtoul(errors.c_str() + begin, nullptr, 10);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = text.find('\n', begin);
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

TEST_F(KillTest, ALoadLosesNothingItWasToldIsKeptAndIsResumed) {
  constexpr int kRounds = 3;
  const std::string records = generated_records(18'000, seed);
  const std::vector<std::string> lines = lines_of(records);
  for (int round = 0; round < kRounds; ++round) {
    const std::string data = directory / std::to_string(round);
    Server server(data, kSmall);
    ASSERT_TRUE(server.is_ready()) << server.errors();
    Subprocess load({.command = {COPPICE_PROGRAM, "load", "--address", server.address()},
                     .environment = {},
                     .with_input = true,
                     .with_lines = false});
    std::thread feeder([&] {
      load.write_input(records);
      load.close_input();
    });
    wait_for_writes(server, 1 + up_to(lines.size() * 9 / 10));
    server.kill();
    feeder.join();
    ASSERT_TRUE(load.wait().has_value());
    const size_t kept = *load.wait() == 0 ? lines.size() : kept_lines(load.errors());
    std::printf("round %d: %zu of %zu lines were acknowledged\n", round, kept, lines.size());

    Server again(data);
    ASSERT_TRUE(again.is_ready()) << again.errors();
    const Finished dump = again({"dump"});
    ASSERT_EQ(dump.code, 0) << dump.errors;
    const std::vector<std::string> stored = lines_of(dump.output);
    ASSERT_GE(stored.size(), kept) << "round " << round;
    EXPECT_TRUE(std::equal(stored.begin(), stored.begin() + static_cast<ptrdiff_t>(kept), lines.begin()))
        << "round " << round << ": of " << kept << " lines kept one is missing or another";
    EXPECT_TRUE(std::includes(lines.begin(), lines.end(), stored.begin(), stored.end()))
        << "round " << round << ": a line that nobody loaded";

    const Finished rest = again({"load", "--skip", std::to_string(kept)}, records);
    EXPECT_EQ(rest.code, 0) << rest.errors;
    EXPECT_TRUE(again({"dump"}).output == records) << "round " << round;
    EXPECT_EQ(again({"verify"}).code, 0);
  }
}

TEST_F(KillTest, ALoadWithRetryGoesOnByItself) {
  const std::string records = generated_records(12'000, seed);
  auto server = std::make_unique<Server>(directory / "data", kSmall);
  ASSERT_TRUE(server->is_ready()) << server->errors();
  const std::string address = server->address();
  Subprocess load({.command = {COPPICE_PROGRAM, "load", "--retry", "--address", address},
                   .environment = {},
                   .with_input = true,
                   .with_lines = false});
  std::thread feeder([&] {
    load.write_input(records);
    load.close_input();
  });
  wait_for_writes(*server, up_to(10'000));
  server->kill();
  server = std::make_unique<Server>(directory / "data", std::vector<std::string>{"--listen", address});
  feeder.join();
  ASSERT_TRUE(server->is_ready()) << server->errors();
  EXPECT_EQ(load.wait(), 0) << load.errors();
  EXPECT_TRUE((*server)({"dump"}).output == records);
}

/// Writers that note what was acknowledged; they end when the node does.
class Writers {
public:
  explicit Writers(std::string address) : address_(std::move(address)) {}
  ~Writers() { join(); }

  void begin(int writer, uint64_t first) {
    threads_.emplace_back([this, writer, first] { write(writer, first); });
  }
  void begin_splitter(unsigned seed) {
    threads_.emplace_back([this, seed] { split(seed); });
  }
  /// Blocks: until so many writes are acknowledged, or a writer has ended by itself.
  void wait_for(uint64_t acknowledged, const Server& server) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kDeadline, [&] { return total_ >= acknowledged || ended_ > 0; });
    EXPECT_GE(total_, acknowledged) << "the node refused: " << first_error_ << "\n" << server.errors();
  }
  void join() {
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }
  /// The number of the last write acknowledged to each writer. Requires: joined.
  const std::map<int, uint64_t>& acknowledged() const { return acknowledged_; }

  /// Keys of one writer: the first by itself, the others, over all shards, in a batch.
  static std::vector<Bytes> keys_of(int writer) {
    std::vector<Bytes> keys;
    for (const char* place : {"record/0000", "record/0001", "z", "a"})
      keys.push_back(place + std::string("/writer") + std::to_string(writer));
    return keys;
  }

private:
  void write(int writer, uint64_t first) {
    auto client = client::Client::connect(address_);
    const std::vector<Bytes> keys = keys_of(writer);
    for (uint64_t number = first; client.ok(); ++number) {
      client::Batch batch;
      for (size_t i = 1; i < keys.size(); ++i) EXPECT_TRUE(batch.put(keys[i], std::to_string(number)).ok());
      Status written = (*client)->put(keys[0], std::to_string(number)).status();
      if (written.ok()) written = (*client)->write(batch).status();
      const std::lock_guard lock(mutex_);
      if (!written.ok() && written.error().code != Errc::unavailable) {
        if (first_error_.empty()) first_error_ = to_string(written.error());
        break;
      }
      if (written.ok()) {
        acknowledged_[writer] = number;
        ++total_;
        changed_.notify_one();
      }
    }
    const std::lock_guard lock(mutex_);
    ++ended_;
    changed_.notify_one();
  }

  void split(unsigned seed) {
    std::mt19937 random(seed);
    auto client = client::Client::connect(address_);
    while (client.ok()) {
      char key[32];
      std::snprintf(key, sizeof key, "record/%08u", static_cast<unsigned>(random() % 20'000));
      const auto split = (*client)->split(key);
      if (!split.ok() && split.error().code != Errc::unavailable &&
          split.error().code != Errc::invalid_argument)
        return;
    }
  }

  const std::string address_;
  std::vector<std::thread> threads_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<int, uint64_t> acknowledged_;
  uint64_t total_ = 0;
  int ended_ = 0;
  std::string first_error_;
};

TEST_F(KillTest, ConcurrentPutsBatchesAndSplitsKeepWhatWasAcknowledged) {
  constexpr int kRounds = 4;
  constexpr int kWriters = 3;
  uint64_t first = 1;
  for (int round = 0; round < kRounds; ++round) {
    Server server(directory / "data", kSmall);
    ASSERT_TRUE(server.is_ready()) << server.errors();
    Writers writers(server.address());
    for (int writer = 0; writer < kWriters; ++writer) writers.begin(writer, first);
    writers.begin_splitter(seed + static_cast<unsigned>(round));
    writers.wait_for(1 + up_to(60), server);
    server.kill();
    writers.join();

    Server again(directory / "data");
    ASSERT_TRUE(again.is_ready()) << again.errors();
    const auto client = again.connect();
    for (const auto& [writer, last] : writers.acknowledged()) {
      const auto values = client->get_many(Writers::keys_of(writer));
      ASSERT_TRUE(values.ok()) << to_string(values.error());
      // The one write that was under way may be there or not, the batch whole or not at all.
      for (const auto& value : *values) {
        ASSERT_TRUE(value.has_value()) << "round " << round << " writer " << writer;
        EXPECT_GE(std::stoull(*value), last) << "round " << round << " writer " << writer;
      }
      EXPECT_EQ((*values)[1], (*values)[2]) << "round " << round << " writer " << writer;
      EXPECT_EQ((*values)[2], (*values)[3]) << "round " << round << " writer " << writer;
      first = std::max<uint64_t>(first, std::stoull(*(*values)[0]) + 1);
    }
    EXPECT_EQ(again({"verify"}).code, 0);
    again.kill();
  }
}

TEST_F(KillTest, ANodeKilledWhileItRecoversRecoversTheNextTime) {
  const std::string records = generated_records(6'000, seed);
  {
    Server server(directory / "data", kSmall);
    EXPECT_EQ(server({"load"}, records).code, 0);
    server.kill();
  }
  for (int round = 0; round < 5; ++round) {
    // Its first output is the ready line: killed once it has printed a random part of its log, or that line.
    Subprocess server(
        {.command = {COPPICE_PROGRAM, "serve", "--data", directory / "data", "--listen", "127.0.0.1:0"},
         .environment = {},
         .with_input = false,
         .with_lines = true});
    if (up_to(1) == 1) (void)server.read_line();
    server.send_signal(SIGKILL);
    EXPECT_EQ(server.wait(), 128 + SIGKILL);
  }
  Server server(directory / "data");
  ASSERT_TRUE(server.is_ready()) << server.errors();
  EXPECT_TRUE(server({"dump"}).output == records);
}

}  // namespace
}  // namespace coppice::test
