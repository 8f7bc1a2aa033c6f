#include "engine/mend/level_order.hpp"

#include <queue>

#include "engine/cursor/level_cursor.hpp"
#include "engine/memory/range_deletes.hpp"

namespace coppice::engine {
namespace {

// After so many the tree is known to be in disorder.
constexpr uint32_t kProblemsMax = 20;
constexpr uint32_t kAskInterval = 4096;

/// One run of tables, standing at an entry.
struct Source {
  std::unique_ptr<Cursor> cursor;
  RangeDeletes range_deletes;
  const Entry* entry = nullptr;
};

Result<Source> open_source(Version::Run run) {
  const TableReadOptions options{.cached_only = false, .fill_cache = false};
  Source source{make_level_cursor(run, options), {}, nullptr};
  std::vector<RangeDelete> deletes;
  for (const TableHandle& table : run) {
    COPPICE_TRY_ASSIGN(found, table->range_deletes(options));
    if (found == nullptr) continue;
    for (RangeDelete& range_delete : found->deletes()) deletes.push_back(std::move(range_delete));
  }
  source.range_deletes = RangeDeletes(deletes);
  source.entry = source.cursor->seek({});
  COPPICE_TRY(source.cursor->status());
  return source;
}

class OrderCheck {
public:
  OrderCheck(const Version& version, const std::function<void(std::string)>& problem)
      : version_(version), problem_(problem) {}

  Status open() {
    for (const Version::Run run : version_.all_runs()) {
      COPPICE_TRY_ASSIGN(source, open_source(run));
      sources_.push_back(std::move(source));
    }
    for (size_t rank = 0; rank < sources_.size(); ++rank) push(rank);
    return success();
  }

  Status run(const std::function<bool()>& go_on) {
    for (uint32_t count = 0; !waiting_.empty() && problems_ < kProblemsMax; ++count) {
      if (count % kAskInterval == 0 && !go_on())
        return Error{Errc::cancelled, "the verification was cancelled"};
      COPPICE_TRY(check_key());
    }
    return success();
  }

private:
  struct Said {
    size_t rank;
    Timestamp newest;
  };
  struct Behind {
    const std::vector<Source>* sources;
    bool operator()(size_t a, size_t b) const {
      const Entry& first = *(*sources)[a].entry;
      const Entry& second = *(*sources)[b].entry;
      const int order = first.key.compare(second.key);
      return order > 0 || (order == 0 && a > b);
    }
  };

  void push(size_t rank) {
    if (sources_[rank].entry != nullptr) waiting_.push(rank);
  }

  /// What each source says of the least key left, and past it.
  Status check_key() {
    const Bytes key(sources_[waiting_.top()].entry->key);
    entries_.assign(sources_.size(), kTimestampMin);
    while (!waiting_.empty() && sources_[waiting_.top()].entry->key == key) {
      const size_t rank = waiting_.top();
      waiting_.pop();
      Source& source = sources_[rank];
      // The newest version comes first.
      entries_[rank] = source.entry->commit;
      while (source.entry != nullptr && source.entry->key == key) source.entry = source.cursor->next();
      COPPICE_TRY(source.cursor->status());
      push(rank);
    }
    std::optional<Said> oldest;
    for (size_t rank = 0; rank < sources_.size(); ++rank) {
      const Timestamp newest =
          std::max(entries_[rank], sources_[rank].range_deletes.newest_covering(key, kTimestampMax));
      if (newest == kTimestampMin) continue;
      if (oldest && newest > oldest->newest) return report(key, *oldest, {rank, newest});
      if (!oldest || newest < oldest->newest) oldest = Said{rank, newest};
    }
    return success();
  }

  std::string table_of(size_t rank, ByteView key) const {
    const TableHandle* table = version_.find_table(rank, key);
    return table == nullptr ? "a table" : (*table)->path();
  }

  Status report(ByteView key, const Said& above, const Said& below) {
    ++problems_;
    problem_(table_of(below.rank, key) + ": the key " + printable(key) + ": says commit " +
             std::to_string(below.newest.raw) + ", and lies below " + table_of(above.rank, key) +
             ", which says commit " + std::to_string(above.newest.raw) +
             ": reads give the older one; repair the tree");
    return success();
  }

  const Version& version_;
  const std::function<void(std::string)>& problem_;
  uint32_t problems_ = 0;
  /// One for each of the version's runs.
  std::vector<Source> sources_;
  /// Of the present key, by source.
  std::vector<Timestamp> entries_;
  std::priority_queue<size_t, std::vector<size_t>, Behind> waiting_{Behind{&sources_}};
};

}  // namespace

Status check_level_order(const Version& version, const std::function<bool()>& go_on,
                         const std::function<void(std::string)>& problem) {
  OrderCheck check(version, problem);
  COPPICE_TRY(check.open());
  return check.run(go_on);
}

}  // namespace coppice::engine
