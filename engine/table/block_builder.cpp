#include "engine/table/block_builder.hpp"

#include <algorithm>

#include "engine/base/byte_strings.hpp"

namespace coppice::engine {

void BlockBuilder::add(const Entry& entry, uint64_t hash) {
  COPPICE_CHECK(empty() || compare({last_key_, last_commit_}, position(entry)) < 0);
  COPPICE_CHECK(!entry.key.empty());

  if (empty()) base_.clear();
  const size_t shared = shared_size(base_, entry.key);
  if (empty()) base_ = entry.key;
  offsets_.push_back(static_cast<uint32_t>(entries_.size()));
  char head[3 * kVarint32SizeMax + kEntryTagSize];
  char* p = store_varint(head, shared);
  p = store_varint(p, entry.key.size() - shared);
  p = store_varint(p, entry.value.size());
  *p++ = static_cast<char>(entry.kind);
  store_fixed<uint64_t>(p, entry.commit.raw);
  entries_.append(head, static_cast<size_t>(p - head) + sizeof(uint64_t));
  entries_.append(entry.key.substr(shared));
  entries_.append(entry.value);

  if (kind_ == BlockKind::page) {
    keys_.emplace_back(entry.key);
  } else {
    fingerprints_.push_back(static_cast<char>(fingerprint_of(hash)));
  }
  last_key_ = entry.key;
  last_commit_ = entry.commit;
}

size_t BlockBuilder::tables_size(bool wide) const {
  const size_t header = sizeof(uint32_t) * (kind_ == BlockKind::page ? 2 : 1);
  return header + offsets_.size() * ((kind_ == BlockKind::page ? sizeof(uint64_t) : 1) + (wide ? 4 : 2));
}

size_t BlockBuilder::size() const {
  const size_t size = tables_size(false) + entries_.size();
  return size < kWideBlockSize ? size : tables_size(true) + entries_.size();
}

void BlockBuilder::put_heads() {
  // Keys ascend, so what the first and the last begin with, all do.
  const size_t common = shared_size(keys_.front(), keys_.back());
  put_fixed<uint32_t>(payload_, static_cast<uint32_t>(common));
  for (const Bytes& key : keys_) put_fixed<uint64_t>(payload_, head_of(key, common));
}

ByteView BlockBuilder::finish() {
  COPPICE_CHECK(!empty());
  const size_t payload_size = size();
  const bool wide = payload_size >= kWideBlockSize;
  payload_.clear();
  payload_.reserve(payload_size);
  if (kind_ == BlockKind::page) {
    put_fixed<uint32_t>(payload_, count() | kPageBit);
    put_heads();
  } else {
    put_fixed<uint32_t>(payload_, count());
    payload_.append(fingerprints_);
  }
  const auto begin = static_cast<uint32_t>(tables_size(wide));
  for (const uint32_t offset : offsets_) {
    if (wide) {
      put_fixed<uint32_t>(payload_, begin + offset);
    } else {
      put_fixed<uint16_t>(payload_, static_cast<uint16_t>(begin + offset));
    }
  }
  payload_.append(entries_);
  COPPICE_CHECK(payload_.size() == payload_size);
  return payload_;
}

void BlockBuilder::clear() {
  entries_.clear();
  offsets_.clear();
  fingerprints_.clear();
  keys_.clear();
}

}  // namespace coppice::engine
