#include "engine/mend/salvage.hpp"

#include "engine/mend/repair_state.hpp"
#include "engine/mend/table_summary.hpp"

namespace coppice::engine {
namespace {

/// A file that is damaged everywhere should not fill memory with what is said of it.
constexpr size_t kNotesMax = 1000;

}  // namespace

Result<std::unique_ptr<SalvagedTable>> SalvagedTable::open(const TreeEnv& env, ValueRescue& values,
                                                           const std::string& path, const KeyRange& bounds) {
  COPPICE_TRY_ASSIGN(file, env.files.open(path));
  std::unique_ptr<SalvagedTable> table(new SalvagedTable(std::move(file), values));
  COPPICE_TRY_ASSIGN(footer, read_footer(*table->file_));
  COPPICE_TRY_ASSIGN(form, form_of(footer, env.keys, path));
  if (const Status read = read_dictionary(*table->file_, footer, form); !read.ok())
    table->note(read.error().text, std::nullopt);
  KeyRange known = bounds;
  const auto block = read_block(*table->file_, form, footer.properties);
  if (!block.ok()) {
    table->note(block.error().text, std::nullopt);
  } else if (const auto meta = decode_properties({block->bytes.get(), block->size}, footer.flags)) {
    known = intersection(bounds, meta->bounds);
  }
  table->is_outside_ = (footer.flags & kTableOutside) != 0;
  table->read_range_deletes(footer, form, known);
  table->walk_.emplace(*table->file_, footer, std::move(form), known);
  return table;
}

void SalvagedTable::read_range_deletes(const Footer& footer, const BlockForm& form, const KeyRange& bounds) {
  if (footer.range_deletes.absent()) return;
  if (!footer.may_have_range_deletes())
    return note(file_->name() +
                    ": its range deletes are left out, as a table that was built outside of a tree has none",
                std::nullopt);
  const auto block = read_block(*file_, form, footer.range_deletes);
  const auto deletes = block.ok() ? decode_range_deletes({block->bytes.get(), block->size}) : std::nullopt;
  if (deletes) {
    range_deletes_ = *deletes;
  } else {
    note((block.ok() ? damage(file_->name(), footer.range_deletes.offset, "the range deletes make no sense")
                     : block.error())
                 .text +
             ": its range deletes are lost, and what they deleted may be back",
         bounds);
  }
}

const Entry* SalvagedTable::next() {
  while (const TableWalk::Step* step = status_.ok() ? walk_->next() : nullptr) {
    if (step->kind == TableWalk::Kind::damage) note(step->problem, step->lost);
    if (step->kind != TableWalk::Kind::entry) continue;
    entry_ = step->entry;
    if (!date() || !save_value() || !fits()) continue;
    ++entry_count_;
    return &entry_;
  }
  return nullptr;
}

bool SalvagedTable::date() {
  if (!is_outside_) return true;
  if (entry_.commit == kOutsideCommit) {
    entry_.commit = commit_;
    return true;
  }
  note(file_->name() + ": an entry is none that a table built outside of a tree may have",
       KeyRange{Bytes(entry_.key), Bytes(entry_.key) + '\0'});
  return false;
}

bool SalvagedTable::save_value() {
  if (!is_apart(entry_.kind)) return true;
  const Status saved = values_.save(entry_, value_);
  if (saved.ok()) return true;
  if (is_damage(saved.error())) {
    note(saved.error().text, KeyRange{Bytes(entry_.key), Bytes(entry_.key) + '\0'});
  } else {
    status_ = saved;
  }
  return false;
}

bool SalvagedTable::fits() {
  const bool is_expected = !expected_ || (commits(entry_.commit) && expected_->bounds.contains(entry_.key));
  if (is_expected && entry_.value.size() <= kStoredSizeMax) return true;
  note(file_->name() + (is_expected ? ": a value has more bytes than any may have"
                                    : ": an entry is none of the table's, by what the manifest says of it"),
       KeyRange{Bytes(entry_.key), Bytes(entry_.key) + '\0'});
  return false;
}

bool SalvagedTable::commits(Timestamp moment) const {
  return moment >= expected_->oldest && moment <= expected_->newest;
}

void SalvagedTable::expect(const TableMeta& meta) {
  expected_ = meta;
  std::erase_if(range_deletes_, [this](const RangeDelete& each) {
    const KeyRange range{each.begin, each.unbounded ? std::nullopt : std::optional(each.end)};
    if (commits(each.commit) && intersection(range, expected_->bounds) == range) return false;
    note(file_->name() + ": a range delete is none of the table's, by what the manifest says of it",
         std::nullopt);
    return true;
  });
}

void SalvagedTable::note(std::string problem, std::optional<KeyRange> lost) {
  if (problems_.size() < kNotesMax) problems_.push_back(std::move(problem));
  if (!lost) return;
  const bool adjoins = !lost_.empty() && (!lost_.back().end || lost->begin <= *lost_.back().end);
  if (!adjoins && lost_.size() < kNotesMax) return lost_.push_back(*std::move(lost));
  KeyRange& last = lost_.back();
  if (last.end && (!lost->end || *lost->end > *last.end)) last.end = lost->end;
}

}  // namespace coppice::engine
