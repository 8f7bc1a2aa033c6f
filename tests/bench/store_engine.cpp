#include "actors/store.hpp"
#include "tests/bench/engine.hpp"

namespace coppice::bench {
namespace {

template <class T>
T require(Result<T> result) {
  if (!result.ok()) give_up("store: " + to_string(result.error()));
  return std::move(result).value();
}

void require(const Status& status) {
  if (!status.ok()) give_up("store: " + to_string(status.error()));
}

/// The whole of actors/: shards, queues and pools, called from a thread that is no actor.
class StoreEngine : public Engine {
public:
  explicit StoreEngine(std::unique_ptr<actors::Store> store) : store_(std::move(store)) {}

  void put(std::string_view key, std::string_view value, bool sync) override {
    require(store_->put(key, value, sync ? Durability::synced : Durability::buffered));
  }
  void remove(std::string_view key) override { require(store_->remove(key, Durability::buffered)); }
  void write(const std::vector<Pair>& pairs) override {
    engine::Batch batch;
    for (const auto& [key, value] : pairs) require(batch.put(key, value));
    require(store_->write(std::move(batch), Durability::buffered));
  }
  void remove(const std::vector<std::string_view>& keys) override {
    engine::Batch batch;
    for (const std::string_view key : keys) require(batch.remove(key));
    require(store_->write(std::move(batch), Durability::buffered));
  }
  bool get(std::string_view key) override {
    const std::optional<Bytes> found = require(store_->get(key));
    if (found) touch(*found);
    return found.has_value();
  }
  uint64_t scan(std::string_view from, uint64_t count) override {
    actors::ScanOptions options;
    options.range.begin = from;
    return walk(std::move(options), count);
  }
  uint64_t scan_back(std::string_view from, uint64_t count) override {
    actors::ScanOptions options;
    options.range.end = from;
    options.reverse = true;
    return walk(std::move(options), count);
  }
  bool first(std::string& key) override {
    actors::ScanOptions options;
    options.limit = 1;
    const actors::Page page = require(require(store_->scan(std::move(options)))->next());
    if (page.count() > 0) key = page.key(0);
    return page.count() > 0;
  }
  void settle() override { require(store_->compact()); }

private:
  uint64_t walk(actors::ScanOptions options, uint64_t count) {
    options.limit = count;
    const auto scan = require(store_->scan(std::move(options)));
    uint64_t seen = 0;
    for (bool last = false; !last;) {
      const actors::Page page = require(scan->next());
      for (size_t i = 0; i < page.count(); ++i, ++seen) {
        touch(page.key(i));
        touch(page.value(i));
      }
      last = page.last;
    }
    return seen;
  }

  std::unique_ptr<actors::Store> store_;
};

}  // namespace

std::unique_ptr<Engine> open_store(const std::string& directory, const Settings& settings) {
  actors::StoreOptions options;
  options.directory = directory;
  options.tree.memtable_size = settings.write_buffer_size;
  // The others' write buffers are not of their caches.
  options.memory = settings.cache_size + 2 * settings.write_buffer_size;
  return std::make_unique<StoreEngine>(require(actors::Store::open(options)));
}

}  // namespace coppice::bench
