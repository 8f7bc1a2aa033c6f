#include "engine/table/block_builder.hpp"

#include <algorithm>

#include "engine/base/coding.hpp"

namespace coppice::engine {

namespace {

size_t shared_size(ByteView a, ByteView b) {
  const auto [end, unused] = std::mismatch(a.begin(), a.begin() + std::min(a.size(), b.size()), b.begin());
  return static_cast<size_t>(end - a.begin());
}

}  // namespace

void BlockBuilder::add(const Entry& entry) {
  COPPICE_CHECK(empty() || compare({last_key_, last_commit_}, position(entry)) < 0);
  COPPICE_CHECK(!entry.key.empty());

  size_t shared = 0;
  if (count_ % restart_interval_ == 0) {
    restarts_.push_back(static_cast<uint32_t>(bytes_.size()));
  } else {
    shared = shared_size(last_key_, entry.key);
  }

  char head[3 * kVarint32SizeMax + 1 + sizeof(uint64_t)];
  char* p = store_varint(head, shared);
  p = store_varint(p, entry.key.size() - shared);
  p = store_varint(p, entry.value.size());
  *p++ = static_cast<char>(entry.kind);
  store_fixed<uint64_t>(p, entry.commit.raw);
  bytes_.append(head, static_cast<size_t>(p - head) + sizeof(uint64_t));
  bytes_.append(entry.key.substr(shared));
  bytes_.append(entry.value);

  last_key_.resize(shared);
  last_key_.append(entry.key.substr(shared));
  last_commit_ = entry.commit;
  ++count_;
}

ByteView BlockBuilder::finish() {
  COPPICE_CHECK(!empty());
  for (const uint32_t restart : restarts_) put_fixed<uint32_t>(bytes_, restart);
  put_fixed<uint32_t>(bytes_, static_cast<uint32_t>(restarts_.size()));
  return bytes_;
}

void BlockBuilder::clear() {
  bytes_.clear();
  restarts_.clear();
  last_key_.clear();
  count_ = 0;
}

}  // namespace coppice::engine
