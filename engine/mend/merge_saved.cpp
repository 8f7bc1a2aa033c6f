#include "engine/mend/merge_saved.hpp"

#include <algorithm>
#include <queue>

#include "engine/base/operand.hpp"
#include "engine/compact/table_output.hpp"

namespace coppice::engine {
namespace {

constexpr uint32_t kAskInterval = 4096;

/// A source that was opened, standing at an entry.
struct OpenSource {
  std::unique_ptr<SalvagedTable> table;
  std::shared_ptr<const Memtable> memtable;
  std::unique_ptr<Cursor> cursor;
  bool is_outside = false;
  const Entry* entry = nullptr;

  void step() {
    if (table != nullptr) {
      entry = table->next();
    } else {
      entry = entry == nullptr ? cursor->seek({}) : cursor->next();
    }
  }
};

/// From which moment on an entry says all there is to say of its key, up to its own.
Timestamp since(const Entry& entry) {
  if (!is_operand(entry.kind)) return kTimestampMin;
  const auto operand = decode_operand(entry.value);
  return operand ? operand->since : entry.commit;
}

/// Of one version twice the one into which more was joined comes first: the other may lack what it stood on. One that was built
/// outside has its commit by a guess, and comes last.
struct Behind {
  bool operator()(const OpenSource* a, const OpenSource* b) const {
    const auto order = compare(position(*a->entry), position(*b->entry));
    if (order != 0) return order > 0;
    if (a->is_outside != b->is_outside) return a->is_outside;
    return since(*a->entry) > since(*b->entry);
  }
};

class Merge {
public:
  Merge(const TreeEnv& env, ValueRescue& values, const std::vector<SavedSource>& sources)
      : env_(env), values_(values), sources_(sources) {
    std::ranges::sort(sources_, {}, [](const SavedSource& source) { return source.bounds.begin; });
  }

  /// Before anything is written, as a range delete may begin before the first entry.
  Result<std::vector<RangeDelete>> range_deletes() const {
    std::vector<RangeDelete> all;
    for (const SavedSource& source : sources_) {
      std::vector<RangeDelete> deletes;
      if (source.memtable != nullptr) {
        deletes = source.memtable->range_deletes().deletes();
      } else {
        COPPICE_TRY_ASSIGN(table, open_table(source));
        deletes = table->range_deletes();
      }
      all.insert(all.end(), deletes.begin(), deletes.end());
    }
    // As few as say the same: tables that replaced each other hold the same ones.
    return RangeDeletes(all).deletes();
  }

  Status run(TableOutput& output, const KeyRange& range, const std::function<bool()>& go_on) {
    Bytes last_key;
    Timestamp last_commit = kTimestampMax;
    bool any = false;
    COPPICE_TRY(open_up_to_least());
    for (uint32_t count = 1; !waiting_.empty(); ++count) {
      if (count % kAskInterval == 0 && !go_on()) return Error{Errc::cancelled, "the repair was cancelled"};
      OpenSource* source = waiting_.top();
      waiting_.pop();
      const Entry& entry = *source->entry;
      const bool again = any && entry.key == last_key && entry.commit == last_commit;
      if (!again && range.contains(entry.key)) {
        COPPICE_TRY(output.add(entry));
        last_key.assign(entry.key);
        last_commit = entry.commit;
        any = true;
      }
      COPPICE_TRY(step(source));
      COPPICE_TRY(open_up_to_least());
    }
    return success();
  }

private:
  /// Its bounds are those of what can be read of it, and the index reaches further.
  Result<std::unique_ptr<SalvagedTable>> open_table(const SavedSource& source) const {
    return SalvagedTable::open(env_, values_, source.path, {});
  }

  Status step(OpenSource* source) {
    source->step();
    if (source->entry != nullptr) {
      waiting_.push(source);
      return success();
    }
    COPPICE_TRY(source->table != nullptr ? source->table->status() : source->cursor->status());
    std::erase_if(open_, [source](const auto& open) { return open.get() == source; });
    return success();
  }

  /// Sources that may hold what comes next. The others take no memory yet.
  Status open_up_to_least() {
    while (next_ < sources_.size() &&
           (waiting_.empty() || sources_[next_].bounds.begin <= waiting_.top()->entry->key)) {
      const SavedSource& from = sources_[next_++];
      open_.push_back(std::make_unique<OpenSource>());
      OpenSource* source = open_.back().get();
      source->memtable = from.memtable;
      if (from.memtable != nullptr) {
        source->cursor = from.memtable->cursor();
      } else {
        COPPICE_TRY_ASSIGN(table, open_table(from));
        source->table = std::move(table);
        source->is_outside = from.ingested != kTimestampMin;
        if (source->is_outside) source->table->ingested_at(from.ingested);
      }
      COPPICE_TRY(step(source));
    }
    return success();
  }

  const TreeEnv& env_;
  ValueRescue& values_;
  std::vector<SavedSource> sources_;
  size_t next_ = 0;
  std::vector<std::unique_ptr<OpenSource>> open_;
  std::priority_queue<OpenSource*, std::vector<OpenSource*>, Behind> waiting_;
};

}  // namespace

Status merge_saved(const std::vector<SavedSource>& sources, ValueRescue& values, const JobState& job,
                   JobPart& part, const std::function<bool()>& go_on) {
  Merge merge(job.env, values, sources);
  COPPICE_TRY_ASSIGN(range_deletes, merge.range_deletes());
  TableOutput output(job, part, std::move(range_deletes));
  COPPICE_TRY(merge.run(output, part.range, go_on));
  return output.finish();
}

}  // namespace coppice::engine
