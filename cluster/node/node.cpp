#include "cluster/node/node.hpp"

#include <algorithm>
#include <vector>

#include "cluster/node/acceptor.hpp"
#include "cluster/node/service_loop.hpp"

namespace coppice::cluster {

struct Node::State {
  State(actors::Store& store, NodeOptions node_options) : shared{store}, options(std::move(node_options)) {}

  /// On the acceptor's thread.
  void take(kj::AutoCloseFd socket) {
    const auto least = std::min_element(loops.begin(), loops.end(), [](const auto& a, const auto& b) {
      return a->connections() < b->connections();
    });
    if (shared.connections.load(std::memory_order_relaxed) < options.connections_max) {
      (*least)->serve(kj::mv(socket));
    } else {
      (*least)->refuse(kj::mv(socket),
                       Error{Errc::unavailable,
                             "the node serves " + std::to_string(options.connections_max) +
                                 " clients, its limit (connections_max): close some, or try again later",
                             1000});
    }
  }

  NodeState shared;
  const NodeOptions options;
  std::vector<std::unique_ptr<ServiceLoop>> loops;
  /// Last, so that it has stopped before what it hands sockets to goes.
  std::unique_ptr<Acceptor> acceptor;
};

Result<std::unique_ptr<Node>> Node::start(actors::Store& store, const NodeOptions& options) {
  COPPICE_CHECK(options.threads > 0);
  auto state = std::make_unique<State>(store, options);
  COPPICE_TRY_ASSIGN(acceptor, Acceptor::listen(options.listen));

  wire::InputLimits limits;
  limits.first_message_time_max = options.message_time_ms * kj::MILLISECONDS;
  limits.message_time_max = options.message_time_ms * kj::MILLISECONDS;
  for (uint32_t i = 0; i < options.threads; ++i) {
    COPPICE_TRY_ASSIGN(loop, ServiceLoop::start(state->shared, limits));
    state->loops.push_back(std::move(loop));
  }

  state->acceptor = std::move(acceptor);
  state->acceptor->start([&node = *state](kj::AutoCloseFd socket) { node.take(kj::mv(socket)); },
                         [warn = options.warn](const std::string& text) {
                           if (warn) warn(text);
                         });
  return std::unique_ptr<Node>(new Node(std::move(state)));
}

Node::Node(std::unique_ptr<State> state) : state_(std::move(state)) {}

Node::~Node() { stop(); }

const wire::Address& Node::address() const { return state_->acceptor->address(); }

void Node::stop() {
  state_->acceptor->stop();
  for (auto& loop : state_->loops) loop->stop(state_->options.stop_time_ms * kj::MILLISECONDS);
  for (auto& loop : state_->loops) loop->join();
  state_->loops.clear();
}

NodeOptions node_options(const Config& config) {
  NodeOptions options;
  options.listen = config.listen;
  options.threads = config.rpc_threads;
  options.connections_max = config.connections_max;
  options.stop_time_ms = config.stop_time_ms;
  return options;
}

actors::StoreOptions store_options(const Config& config) {
  actors::StoreOptions options = actors::options_of(config.preset);
  options.directory = config.data_directory;
  options.boundaries = config.boundaries;
  options.cold_directory = config.cold_directory;
  engine::TreeOptions& tree = options.tree;
  tree.memtable_size = config.memtable_size.value_or(tree.memtable_size);
  tree.merge_policy = config.merge_policy.value_or(tree.merge_policy);
  tree.min_compaction_files = config.min_compaction_files.value_or(tree.min_compaction_files);
  tree.merge_threshold_percent = config.merge_threshold_percent.value_or(tree.merge_threshold_percent);
  tree.max_sstables = config.max_sstables.value_or(tree.max_sstables);
  tree.filter_false_positive_rate =
      config.filter_false_positive_rate.value_or(tree.filter_false_positive_rate);
  options.merging = config.merging;
  options.merge_interval_ms = config.merge_interval_ms;
  tree.value_threshold = config.value_threshold;
  tree.compression = config.compression;
  tree.retention_ms = config.retention_ms;
  tree.cold_after_ms = config.cold_after_ms;
  options.memory = config.memory.value_or(options.memory);
  options.scheduler_threads = config.scheduler_threads;
  options.compactor_threads = config.compactor_threads;
  options.reader_threads = config.reader_threads;
  return options;
}

}  // namespace coppice::cluster
