#include "cluster/commands/bench_run.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <future>
#include <random>

namespace coppice::cluster {
namespace {

using Clock = std::chrono::steady_clock;

/// One thread's share of the connections. A client belongs to the thread that connected it.
class Driver {
public:
  Driver(const BenchOptions& options, uint64_t seed)
      : options_(options), random_(seed), value_(options.value_size, 'v') {}

  Result<BenchResult> run(const Connect& connect, uint32_t connections) {
    client::ClientOptions client_options;
    client_options.window_calls = options_.depth;
    std::vector<std::unique_ptr<client::Client>> clients;
    for (uint32_t i = 0; i < connections; ++i) {
      COPPICE_TRY_ASSIGN(client, connect(client_options));
      clients.push_back(std::move(client));
    }
    const auto begin = Clock::now();
    const auto end = begin + std::chrono::seconds(options_.seconds);
    for (size_t turn = 0; Clock::now() < end; ++turn) {
      bool all_full = true;
      for (auto& client : clients) {
        for (; client->calls_under_way() < options_.depth; all_full = false) COPPICE_TRY(begin_one(*client));
      }
      // Waits for room on one connection; the others' answers come in meanwhile.
      if (all_full) COPPICE_TRY(begin_one(*clients[turn % clients.size()]));
    }
    for (auto& client : clients) COPPICE_TRY(client->wait());
    result_.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    return std::move(result_);
  }

private:
  struct Call {
    Clock::time_point begun = Clock::now();
    /// It may be, before the client returns from beginning it.
    bool answered = false;
  };

  Status begin_one(client::Client& client) {
    const Bytes key = bench_key(options_, random_() % options_.keys);
    const bool is_get = random_() % 100 < options_.get_percent;
    const auto call = std::make_shared<Call>();
    Status status;
    if (is_get) {
      status = client.get_async(key, nullptr, [this, call](const Result<std::optional<Bytes>>& answer) {
        count(result_.gets, answer.status(), *call);
      });
    } else {
      client::Batch batch;
      COPPICE_TRY(batch.put(key, value_));
      status = client.write_async(batch, options_.durability, [this, call](const Result<Timestamp>& answer) {
        count(result_.puts, answer.status(), *call);
      });
    }
    // The wait for room before the call is not the node's time.
    if (!call->answered) call->begun = Clock::now();
    return status;
  }

  void count(BenchCounts& counts, const Status& answer, Call& call) {
    call.answered = true;
    if (!answer.ok()) {
      ++counts.failures;
      if (result_.first_failure.ok()) result_.first_failure = answer;
      return;
    }
    const auto taken = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - call.begun);
    counts.latencies_us.push_back(static_cast<uint32_t>(taken.count()));
  }

  const BenchOptions& options_;
  std::mt19937_64 random_;
  const Bytes value_;
  BenchResult result_;
};

}  // namespace

uint32_t BenchCounts::percentile_us(double share) {
  COPPICE_CHECK(!latencies_us.empty());
  const auto rank = static_cast<size_t>(share * static_cast<double>(latencies_us.size() - 1));
  const auto place = latencies_us.begin() + static_cast<ptrdiff_t>(rank);
  std::nth_element(latencies_us.begin(), place, latencies_us.end());
  return *place;
}

void BenchCounts::add(const BenchCounts& other) {
  failures += other.failures;
  latencies_us.insert(latencies_us.end(), other.latencies_us.begin(), other.latencies_us.end());
}

Bytes bench_key(const BenchOptions& options, uint64_t number) {
  char digits[24];
  std::snprintf(digits, sizeof digits, "%012llu", static_cast<unsigned long long>(number));
  return options.prefix + digits;
}

Status bench_fill(const BenchOptions& options, client::Client& client) {
  constexpr uint64_t kKeysInBatch = 1000;
  const Bytes value(options.value_size, 'v');
  for (uint64_t number = 0; number < options.keys;) {
    client::Batch batch;
    for (uint64_t i = 0; i < kKeysInBatch && number < options.keys; ++i, ++number)
      COPPICE_TRY(batch.put(bench_key(options, number), value));
    COPPICE_TRY(client.write(batch, Durability::buffered));
  }
  return success();
}

Result<BenchResult> bench_run(const BenchOptions& options, const Connect& connect) {
  const uint32_t threads = std::clamp<uint32_t>(options.threads, 1, options.connections);
  std::vector<std::future<Result<BenchResult>>> running;
  for (uint32_t i = 0; i < threads; ++i) {
    const uint32_t share = options.connections / threads + (i < options.connections % threads ? 1 : 0);
    running.push_back(std::async(std::launch::async, [&options, &connect, share, i] {
      return Driver(options, options.seed + i).run(connect, share);
    }));
  }

  BenchResult sum;
  Status failed;
  for (auto& thread : running) {
    auto result = thread.get();
    if (!result.ok()) {
      failed = result.status();
      continue;
    }
    sum.gets.add(result->gets);
    sum.puts.add(result->puts);
    sum.seconds = std::max(sum.seconds, result->seconds);
    if (sum.first_failure.ok()) sum.first_failure = result->first_failure;
  }
  COPPICE_TRY(failed);
  return sum;
}

}  // namespace coppice::cluster
