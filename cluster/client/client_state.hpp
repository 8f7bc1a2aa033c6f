// What stands behind a Client: its connection, the calls under way, and how answers become results.
#pragma once

#include <string>
#include <utility>

#include <kj/async.h>

#include "cluster/client/client.hpp"
#include "cluster/client/connection.hpp"
#include "cluster/wire/errors.hpp"

namespace coppice::client {

class ClientSnapshot final : public Snapshot {
public:
  ClientSnapshot(std::shared_ptr<EventLoop> loop, schema::Snapshot::Client snapshot, Timestamp timestamp);
  ~ClientSnapshot() noexcept override;

  Timestamp timestamp() const override { return timestamp_; }
  schema::Reader::Client reader() const { return snapshot_; }

private:
  const std::shared_ptr<EventLoop> loop_;
  mutable schema::Snapshot::Client snapshot_;
  const Timestamp timestamp_;
};

/// Answers its call once: with `cancelled` if nothing else does before it goes.
template <class T>
class Answer {
public:
  explicit Answer(Done<T> done) : done_(std::move(done)) {}
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;
  ~Answer() {
    if (done_) done_(Error{Errc::cancelled, "the client ended before the answer came"});
  }
  void give(Result<T> result) { std::exchange(done_, nullptr)(std::move(result)); }

private:
  Done<T> done_;
};

struct Client::State final : private kj::TaskSet::ErrorHandler {
  State(std::shared_ptr<EventLoop> event_loop, std::unique_ptr<Connection> to, std::string address,
        const ClientOptions& client_options);

  schema::Store::Client& store() { return connection->store(); }
  schema::Admin::Client& admin() { return connection->admin(); }
  /// Requires: `snapshot`, if any, is of this client.
  schema::Reader::Client reader(const SnapshotHandle& snapshot);

  /// What `call` returns, with KJ's exceptions as errors.
  template <class T, class Call>
  Result<T> guard(Call&& call);

  /// Sends a request and waits for its answer, however long it takes.
  template <class Params, class Results>
  capnp::Response<Results> ask(capnp::Request<Params, Results>& request) {
    return loop->wait<capnp::Response<Results>>(request.send());
  }

  /// Sends a request. The promise fails with `unavailable` past the time that reads and writes have.
  template <class Params, class Results>
  kj::Promise<capnp::Response<Results>> send_in_time(capnp::Request<Params, Results>& request);
  template <class Params, class Results>
  capnp::Response<Results> ask_in_time(capnp::Request<Params, Results>& request) {
    return loop->wait(send_in_time(request));
  }

  /// Asks for its moment. KJ's exceptions.
  SnapshotHandle hold(schema::Snapshot::Client snapshot);

  // The window.
  void wait_for_room(size_t size);
  void wait_for_answer();
  /// Counts a call as begun, and sends what has been when that is worth a turn of the loop.
  void send_some(size_t size);
  /// Keeps `call` going until it has answered, `size` bytes of the window meanwhile.
  template <class T>
  void keep(kj::Promise<T> call, size_t size, Done<T> done);

  Error as_error(const kj::Exception& exception);
  void taskFailed(kj::Exception&&) override {}

  const std::shared_ptr<EventLoop> loop;
  const std::unique_ptr<Connection> connection;
  const std::string peer;
  const ClientOptions options;
  /// Why the connection is no more.
  Status broken;
  size_t calls = 0;
  size_t calls_size = 0;
  /// Begun since the loop last ran, so not sent yet.
  size_t unsent_calls = 0;
  size_t unsent_size = 0;
  kj::Own<kj::PromiseFulfiller<void>> one_answered;
  kj::TaskSet tasks;
};

template <class T, class Call>
Result<T> Client::State::guard(Call&& call) {
  COPPICE_TRY(Status(broken));
  try {
    return call();
  } catch (const kj::Exception& exception) {
    return as_error(exception);
  }
}

template <class Params, class Results>
kj::Promise<capnp::Response<Results>> Client::State::send_in_time(capnp::Request<Params, Results>& request) {
  kj::Promise<capnp::Response<Results>> answer = request.send();
  if (options.call_timeout_ms == 0) return answer;
  return loop->within(options.call_timeout_ms * kj::MILLISECONDS, kj::mv(answer), [this]() {
    return Error{Errc::unavailable,
                 peer + " gave no answer within " + std::to_string(options.call_timeout_ms) +
                     " ms: see whether the node is well; a write may or may not have been kept"};
  });
}

template <class T>
void Client::State::keep(kj::Promise<T> call, size_t size, Done<T> done) {
  ++calls;
  calls_size += size;
  auto answer = std::make_shared<Answer<T>>(std::move(done));
  auto answered = call.then([answer](T&& value) { answer->give(std::move(value)); },
                            [this, answer](kj::Exception&& exception) { answer->give(as_error(exception)); });
  tasks.add(answered.then([this, size]() {
    --calls;
    calls_size -= size;
    if (one_answered.get() != nullptr) one_answered->fulfill();
  }));
  send_some(size);
}

}  // namespace coppice::client
