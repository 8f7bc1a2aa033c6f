#include "engine/lookup_many.hpp"

#include <algorithm>

#include "engine/apart_values.hpp"
#include "engine/key_search.hpp"
#include "engine/table/block_stash.hpp"
#include "engine/table/point_search.hpp"

namespace coppice::engine {
namespace {

// So many that memory has no more requests to take, and few enough that what came is still near when it is looked at.
constexpr size_t kTogetherMax = 32;

/// A key, and where its search stands.
struct One {
  One(const View& view, ByteView key, Timestamp at, Expiry& expiry, size_t place)
      : search(view, key, at, expiry), index(place) {}

  KeySearch search;
  /// Of the key.
  size_t index;
  bool is_over = false;
  /// There is a table that `point` searches.
  bool in_table = false;
  PointSearch point;
};

/// Keys go through the tables in rounds, each in the next one that may hold it, and in a round all take each step together.
class ManyLookup {
public:
  ManyLookup(const View& view, std::span<const ByteView> keys, Timestamp at, Expiry& expiry,
             const TableReadOptions& options, size_t size_max, ReadWork& work)
      : view_(view),
        keys_(keys),
        at_(at),
        expiry_(expiry),
        options_(options),
        size_left_(size_max),
        work_(work),
        values_(keys.size()) {
    options_.work = &work;
    ones_.reserve(std::min(keys.size(), kTogetherMax));
  }

  /// The keys of [begin, end). Requires: at most kTogetherMax.
  Status find(size_t begin, size_t end) {
    ones_.clear();
    for (size_t index = begin; index < end; ++index)
      ones_.emplace_back(view_, keys_[index], at_, expiry_, index).search.prefetch();
    for (One& one : ones_) {
      Bytes value;
      if (one.search.ask_memtables(value)) COPPICE_TRY(conclude(one, std::move(value)));
    }

    BlockStash stash;
    if (!options_.cached_only) options_.stash = &stash;
    for (;;) {
      going_.clear();
      for (One& one : ones_) {
        if (one.is_over) continue;
        if (one.in_table || enter_next(one)) {
          going_.push_back(&one);
        } else {
          COPPICE_TRY(conclude(one, {}));
        }
      }
      if (going_.empty()) {
        COPPICE_TRY(read_apart());
        return finish();
      }
      COPPICE_TRY(go_round());
      COPPICE_TRY(stash.read(work_));
    }
  }

  std::vector<std::optional<Bytes>> take_values() { return std::move(values_); }
  const PlaceCounts& places() const { return places_; }

private:
  Status finish() {
    for (const One& one : ones_) ++places_[one.search.place()];
    return success();
  }

  bool enter_next(One& one) {
    const TableReader* const table = one.search.next_table();
    if (table == nullptr) return false;
    one.in_table = true;
    work_.enter(one.search.level());
    one.point = PointSearch(*table, one.search.key(), one.search.hash(), one.search.at());
    one.point.ask_filter();
    return true;
  }

  Status go_round() {
    COPPICE_TRY(keep_those([this](One& one) { return pass(one); }));
    for (const One* one : going_) one->point.ask_page();
    COPPICE_TRY(keep_those([this](One& one) { return one.point.place(options_, buffer_); }));
    for (One* one : going_) one->point.ask_entry();
    return keep_those([this](One& one) { return read(one); });
  }

  Result<bool> pass(One& one) {
    work_.level = one.search.level();
    COPPICE_TRY(one.search.ask_range_deletes(options_));
    return one.point.pass(options_);
  }

  Result<bool> read(One& one) {
    work_.level = one.search.level();
    COPPICE_TRY_ASSIGN(read, one.point.read(options_, buffer_));
    COPPICE_TRY(leave(one, read));
    return false;
  }

  // Of those that are going, the ones that go on in their tables behind this step. One that waits for the stash begins its
  // table anew in the next round.
  template <class Step>
  Status keep_those(Step&& step) {
    size_t count = 0;
    for (One* const one : going_) {
      const Result<bool> goes_on = step(*one);
      if (!goes_on.ok()) {
        if (goes_on.error().code == Errc::would_block && options_.stash != nullptr) continue;
        return goes_on.error();
      }
      if (*goes_on) {
        going_[count++] = one;
      } else if (one->in_table) {
        COPPICE_TRY(leave(*one, {}));
      }
    }
    going_.resize(count);
    return success();
  }

  Status leave(One& one, const PointRead& read) {
    Bytes value;
    one.in_table = false;
    return one.search.take(read, value) ? conclude(one, std::move(value)) : success();
  }

  Status conclude(One& one, Bytes value) {
    one.is_over = true;
    if (const auto& ref = one.search.apart()) {
      if (!one.search.has_operands()) return want_apart(one.index, *ref);
      COPPICE_TRY(engine::read_apart(*view_.version, *ref, options_, value));
    }
    COPPICE_TRY_ASSIGN(found, one.search.finish(value));
    if (!found) return success();
    COPPICE_TRY(take_room(value.size()));
    values_[one.index] = std::move(value);
    return success();
  }

  // It is read when all keys have had their word, with those of the others.
  Status want_apart(size_t index, const ValueRef& ref) {
    COPPICE_TRY_ASSIGN(file, find_value_file(*view_.version, ref));
    COPPICE_TRY(take_room(ref.place.size));
    apart_.push_back({file, ref.place, &values_[index].emplace()});
    return success();
  }

  Status read_apart() {
    COPPICE_TRY(read_values(apart_, options_));
    for (const ValueRequest& request : apart_) {
      // Compressed, it took less.
      size_left_ += request.place.size;
      COPPICE_TRY(take_room(request.target->size()));
    }
    apart_.clear();
    return success();
  }

  Status take_room(size_t size) {
    if (size > size_left_)
      return Error{Errc::invalid_argument,
                   "the values asked for are too large for one answer: ask for fewer keys at a time"};
    size_left_ -= size;
    return success();
  }

  const View& view_;
  const std::span<const ByteView> keys_;
  const Timestamp at_;
  Expiry& expiry_;
  TableReadOptions options_;
  size_t size_left_;
  ReadWork& work_;
  PlaceCounts places_{};
  std::vector<std::optional<Bytes>> values_;
  std::vector<One> ones_;
  std::vector<One*> going_;
  std::vector<ValueRequest> apart_;
  BlockBuffer buffer_;
};

}  // namespace

Result<std::vector<std::optional<Bytes>>> look_up_many(const View& view, std::span<const ByteView> keys,
                                                       Timestamp at, Expiry& expiry,
                                                       const TableReadOptions& options, size_t size_max,
                                                       ReadWork& work, PlaceCounts& places) {
  ManyLookup lookup(view, keys, at, expiry, options, size_max, work);
  for (size_t begin = 0; begin < keys.size(); begin += kTogetherMax)
    COPPICE_TRY(lookup.find(begin, std::min(begin + kTogetherMax, keys.size())));
  places = lookup.places();
  return lookup.take_values();
}

}  // namespace coppice::engine
