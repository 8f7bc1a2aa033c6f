#include "engine/cursor/merge_cursor.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace coppice::engine {

namespace {

// The first bytes of a key as two numbers that order as the keys do; where they differ, the keys need not be looked at.
struct Prefix {
  static constexpr size_t kSize = 16;

  Prefix() = default;
  explicit Prefix(ByteView key) {
    uint64_t words[2] = {0, 0};
    if (key.size() >= kSize) {
      std::memcpy(words, key.data(), kSize);
    } else {
      std::memcpy(words, key.data(), key.size());
    }
    high = __builtin_bswap64(words[0]);
    low = __builtin_bswap64(words[1]);
  }
  bool operator==(const Prefix&) const = default;
  bool operator<(const Prefix& other) const {
    return high != other.high ? high < other.high : low < other.low;
  }

  uint64_t high = 0;
  uint64_t low = 0;
};
static_assert(std::endian::native == std::endian::little);

struct Leaf {
  std::unique_ptr<Cursor> cursor;
  const Entry* entry = nullptr;
  Prefix prefix;
};

// The place just behind `entry`. No entry commits at kTimestampMin.
Position behind(const Entry& entry) { return {entry.key, Timestamp{entry.commit.raw - 1}}; }

// A loser tree over the children: losers_[1] to losers_[n - 1] are the inner nodes of a binary tree whose leaf i is
// node n + i, and each keeps the child that lost the match played there. A move changes one leaf, so only the
// matches between it and the root are played again: one comparison a level, half of what a heap needs.
// Source: Knuth, "The Art of Computer Programming" 3, 5.4.1.
class MergeCursor final : public Cursor {
public:
  explicit MergeCursor(std::vector<std::unique_ptr<Cursor>> children) : losers_(children.size(), 0) {
    leaves_.reserve(children.size());
    for (auto& child : children) leaves_.push_back({std::move(child), nullptr, {}});
  }

  const Entry* seek(const Position& target) override {
    return restart(true, [&](Cursor& child) { return child.seek(target); });
  }
  const Entry* seek_before(const Position& target) override {
    return restart(false, [&](Cursor& child) { return child.seek_before(target); });
  }
  const Entry* seek_last() override {
    return restart(false, [](Cursor& child) { return child.seek_last(); });
  }

  const Entry* next() override {
    if (!forward_) turn(true);
    return advance(winner_, leaves_[winner_].cursor->next());
  }
  const Entry* prev() override {
    if (forward_) turn(false);
    return advance(winner_, leaves_[winner_].cursor->prev());
  }

  // Only the child that stands there moves far; what the target hides of the others comes up in its turn.
  const Entry* next_past(const Position& target, Timestamp commit) override {
    if (!forward_) turn(true);
    return advance(winner_, leaves_[winner_].cursor->next_past(target, commit));
  }
  const Entry* prev_past(const Position& target, Timestamp commit) override {
    if (forward_) turn(false);
    return advance(winner_, leaves_[winner_].cursor->prev_past(target, commit));
  }

  const Status& status() const override { return status_; }

private:
  template <class Move>
  const Entry* restart(bool forward, Move move) {
    forward_ = forward;
    for (Leaf& leaf : leaves_) place(leaf, move(*leaf.cursor));
    play_all();
    return current();
  }

  // Everyone but the winner crosses over to the other side of it; the caller moves the winner. Equal positions are
  // in the order of the children, so those before the winner have their equal behind them, those after ahead.
  void turn(bool forward) {
    forward_ = forward;
    const Entry& here = *leaves_[winner_].entry;
    for (uint32_t i = 0; i < leaves_.size(); ++i) {
      if (i == winner_) continue;
      Cursor& child = *leaves_[i].cursor;
      const Position cut = i < winner_ ? behind(here) : position(here);
      place(leaves_[i], forward ? child.seek(cut) : child.seek_before(cut));
    }
    turned_ = true;
  }

  void place(Leaf& leaf, const Entry* entry) {
    leaf.entry = entry;
    if (entry != nullptr) {
      leaf.prefix = Prefix(entry->key);
    } else if (status_.ok() && !leaf.cursor->status().ok()) {
      status_ = leaf.cursor->status();
    }
  }

  const Entry* advance(uint32_t index, const Entry* entry) {
    place(leaves_[index], entry);
    if (std::exchange(turned_, false)) {
      play_all();
    } else {
      replay(index);
    }
    return current();
  }

  const Entry* current() const { return leaves_.empty() || !status_.ok() ? nullptr : leaves_[winner_].entry; }

  // Whether child `a` comes first in the direction of travel; one that has run out comes last.
  bool wins(uint32_t a, uint32_t b) const {
    const Leaf& x = leaves_[a];
    const Leaf& y = leaves_[b];
    if (x.entry == nullptr || y.entry == nullptr) return x.entry != nullptr;
    if (x.prefix != y.prefix) return (x.prefix < y.prefix) == forward_;
    const size_t x_size = x.entry->key.size();
    const size_t y_size = y.entry->key.size();
    if (x_size > Prefix::kSize || y_size > Prefix::kSize) {
      // The prefix is a part of both, or else zeros at the end of one are bytes of the other.
      if (const int order = x.entry->key.compare(y.entry->key); order != 0) return (order < 0) == forward_;
    } else if (x_size != y_size) {
      return (x_size < y_size) == forward_;
    }
    if (x.entry->commit != y.entry->commit) return (x.entry->commit > y.entry->commit) == forward_;
    return (a < b) == forward_;
  }

  void replay(uint32_t index) {
    const auto count = static_cast<uint32_t>(leaves_.size());
    uint32_t winner = index;
    for (uint32_t node = (index + count) / 2; node > 0; node /= 2)
      if (wins(losers_[node], winner)) std::swap(losers_[node], winner);
    winner_ = winner;
  }

  void play_all() {
    if (!leaves_.empty()) winner_ = play(1);
  }

  uint32_t play(uint32_t node) {
    const auto count = static_cast<uint32_t>(leaves_.size());
    if (node >= count) return node - count;
    uint32_t winner = play(2 * node);
    uint32_t loser = play(2 * node + 1);
    if (wins(loser, winner)) std::swap(winner, loser);
    losers_[node] = loser;
    return winner;
  }

  std::vector<Leaf> leaves_;
  std::vector<uint32_t> losers_;
  uint32_t winner_ = 0;
  bool forward_ = true;
  // All leaves have moved since the last match.
  bool turned_ = false;
  Status status_;
};

}  // namespace

std::unique_ptr<Cursor> make_merge_cursor(std::vector<std::unique_ptr<Cursor>> children) {
  if (children.size() == 1) return std::move(children.front());
  return std::make_unique<MergeCursor>(std::move(children));
}

}  // namespace coppice::engine
