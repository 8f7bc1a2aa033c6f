#include "engine/table/block_cursor.hpp"

#include <algorithm>
#include <cstring>

#include "engine/base/coding.hpp"

namespace coppice::engine {

namespace {

// The fixed part of an entry and where its key's own bytes begin.
struct Head {
  uint32_t shared = 0;
  uint32_t unshared = 0;
  uint32_t value_size = 0;
  Kind kind = Kind::put;
  Timestamp commit;
  const char* rest = nullptr;
};

constexpr size_t kTagSize = 1 + sizeof(uint64_t);

// False if the entry does not lie between `p` and `end`, or says what no entry may.
bool decode_head(const char* p, const char* end, Head& head) {
  const auto size = static_cast<size_t>(end - p);
  const auto a = static_cast<unsigned char>(p[0]);
  // One byte each is by far the most common, and worth its own path.
  if (size >= 3 + kTagSize && a < 0x80 && static_cast<unsigned char>(p[1]) < 0x80 &&
      static_cast<unsigned char>(p[2]) < 0x80) {
    head.shared = a;
    head.unshared = static_cast<unsigned char>(p[1]);
    head.value_size = static_cast<unsigned char>(p[2]);
    p += 3;
  } else {
    ByteView rest(p, size);
    for (uint32_t* field : {&head.shared, &head.unshared, &head.value_size}) {
      const auto value = take_varint32(rest);
      if (!value) return false;
      *field = *value;
    }
    if (rest.size() < kTagSize) return false;
    p = rest.data();
  }
  const auto kind = static_cast<uint8_t>(*p);
  if (kind != static_cast<uint8_t>(Kind::put) && kind != static_cast<uint8_t>(Kind::remove)) return false;
  head.kind = static_cast<Kind>(kind);
  head.commit.raw = load_fixed<uint64_t>(p + 1);
  head.rest = p + kTagSize;
  const uint64_t key_size = uint64_t{head.shared} + head.unshared;
  return key_size >= 1 && key_size <= kKeySizeMax &&
         uint64_t{head.unshared} + head.value_size <= static_cast<uint64_t>(end - head.rest);
}

}  // namespace

bool BlockCursor::reset(ByteView payload) {
  damaged_ = true;
  if (payload.size() < 2 * sizeof(uint32_t) || payload.size() > UINT32_MAX) return false;
  const auto count = load_fixed<uint32_t>(payload.data() + payload.size() - sizeof(uint32_t));
  if (count == 0 || count > payload.size() / sizeof(uint32_t) - 1) return false;
  const size_t end = payload.size() - (size_t{count} + 1) * sizeof(uint32_t);
  if (end == 0 || load_fixed<uint32_t>(payload.data() + end) != 0) return false;
  data_ = payload.data();
  end_ = static_cast<uint32_t>(end);
  restart_count_ = count;
  damaged_ = false;
  return true;
}

uint32_t BlockCursor::restart_offset(uint32_t index) const {
  return load_fixed<uint32_t>(data_ + end_ + size_t{index} * sizeof(uint32_t));
}

BlockCursor::Restart BlockCursor::restart_entry(uint32_t index) const {
  const uint32_t offset = restart_offset(index);
  Head head;
  if (offset >= end_ || !decode_head(data_ + offset, data_ + end_, head) || head.shared != 0) return {};
  return {{ByteView(head.rest, head.unshared), head.commit}, true};
}

const Entry* BlockCursor::fail() {
  damaged_ = true;
  return nullptr;
}

bool BlockCursor::enter(uint32_t restart) {
  next_ = restart_offset(restart);
  entry_.key = {};
  if (next_ >= end_) damaged_ = true;
  return !damaged_;
}

// Puts `size` bytes from `rest` behind the first `shared` bytes of the current key. Assembled keys grow where they
// are; one that views the payload is copied out first.
void BlockCursor::extend_key(size_t shared, const char* rest, size_t size) {
  char* buffer = heap_ ? heap_.get() : inline_;
  const char* kept = entry_.key.data();
  if (shared + size > capacity_) {
    const size_t capacity = std::max(2 * capacity_, shared + size);
    auto larger = std::make_unique<char[]>(capacity);
    std::memcpy(larger.get(), kept, shared);
    heap_ = std::move(larger);
    capacity_ = capacity;
    buffer = heap_.get();
  } else if (kept != buffer) {
    std::memcpy(buffer, kept, shared);
  }
  std::memcpy(buffer + shared, rest, size);
  entry_.key = ByteView(buffer, shared + size);
}

// Reads the entry at next_, which lies before end_.
bool BlockCursor::decode() {
  Head head;
  if (!decode_head(data_ + next_, data_ + end_, head) || head.shared > entry_.key.size()) {
    fail();
    return false;
  }
  current_ = next_;
  if (head.shared == 0) {
    entry_.key = ByteView(head.rest, head.unshared);
  } else {
    extend_key(head.shared, head.rest, head.unshared);
  }
  entry_.commit = head.commit;
  entry_.kind = head.kind;
  entry_.value = ByteView(head.rest + head.unshared, head.value_size);
  next_ = static_cast<uint32_t>(head.rest + head.unshared + head.value_size - data_);
  return true;
}

// The last restart point for which `before` holds; 0 if it holds for none. Requires: it holds for a beginning of
// them.
template <class Before>
uint32_t BlockCursor::last_restart(Before before) {
  uint32_t first = 0;
  uint32_t count = restart_count_ - 1;
  while (count > 0) {
    const uint32_t half = (count + 1) / 2;
    if (before(first + half)) {
      first += half;
      count -= half;
    } else {
      count = half - 1;
    }
  }
  return first;
}

const Entry* BlockCursor::seek(const Position& target) {
  const uint32_t restart = last_restart([&](uint32_t index) {
    const Restart entry = restart_entry(index);
    if (!entry.ok) damaged_ = true;
    return entry.ok && compare(entry.position, target) < 0;
  });
  if (damaged_ || !enter(restart)) return nullptr;
  while (next_ < end_) {
    if (!decode()) return nullptr;
    if (compare(position(entry_), target) >= 0) return &entry_;
  }
  return nullptr;
}

const Entry* BlockCursor::seek_before(const Position& target) {
  if (seek(target) != nullptr) return prev();
  return damaged_ ? nullptr : seek_last();
}

const Entry* BlockCursor::seek_first() {
  if (damaged_ || !enter(0) || !decode()) return nullptr;
  return &entry_;
}

const Entry* BlockCursor::seek_last() {
  if (damaged_ || !enter(restart_count_ - 1)) return nullptr;
  return last_before(end_);
}

const Entry* BlockCursor::next() {
  if (damaged_ || next_ >= end_) return nullptr;
  return decode() ? &entry_ : nullptr;
}

const Entry* BlockCursor::prev() {
  if (damaged_ || current_ == 0) return nullptr;
  const uint32_t end = current_;
  // Entries do not say where their predecessor begins, so walk there from the restart point before it.
  const uint32_t restart = last_restart([&](uint32_t index) { return restart_offset(index) < end; });
  if (!enter(restart)) return nullptr;
  return last_before(end);
}

// The entry that ends at `end`. Requires: entered at a restart point.
const Entry* BlockCursor::last_before(uint32_t end) {
  do {
    if (!decode()) return nullptr;
  } while (next_ < end);
  return next_ == end ? &entry_ : fail();
}

}  // namespace coppice::engine
