#include "engine/mend/inspect_table.hpp"

#include "engine/base/operand.hpp"
#include "engine/mend/table_summary.hpp"
#include "engine/mend/table_walk.hpp"
#include "engine/table/value_ref.hpp"

namespace coppice::engine {
namespace {

class TableInspection {
public:
  TableInspection(const RandomFile& file, InspectDetail detail, const KeyRing& keys, const FindingSink& found)
      : file_(file), detail_(detail), keys_(keys), found_(found) {}

  Result<bool> run() {
    auto footer = read_footer(file_);
    if (!footer.ok()) {
      if (footer.error().code == Errc::unsupported) return footer.error();
      tell_damage(file_.size(), footer.error().text);
      return true;
    }
    if (!tell_footer(*footer)) return damaged_;
    COPPICE_TRY_ASSIGN(form, form_of(*footer, keys_, file_.name()));
    form_ = std::move(form);
    if (const Status read = read_dictionary(file_, *footer, form_); !read.ok())
      tell_damage(footer->dictionary.offset, read.error().text);
    const KeyRange bounds = tell_properties(*footer);
    if (wants_more_) tell_range_deletes(*footer);
    if (wants_more_) walk(*footer, bounds);
    return damaged_;
  }

private:
  bool tell(const Finding& finding) { return wants_more_ = wants_more_ && found_(finding); }
  void tell_damage(uint64_t offset, const std::string& text) {
    damaged_ = true;
    tell(Finding{"damage", offset}.with("text", text));
  }

  bool tell_footer(const Footer& footer) {
    Finding finding{"footer", file_.size() - footer_size(footer.version)};
    finding.with("format", uint64_t{footer.version}).with("size", file_.size());
    finding.with("uniqueId", footer.unique_id).with("height", uint64_t{footer.height});
    const auto handle = [&](std::string_view name, const BlockHandle& block) {
      if (!block.absent()) finding.with(name, block.offset);
    };
    handle("root", footer.root);
    handle("filter", footer.filter);
    handle("rangeDeletes", footer.range_deletes);
    handle("properties", footer.properties);
    handle("dictionary", footer.dictionary);
    if (footer.flags != 0) finding.with("flags", uint64_t{footer.flags});
    if ((footer.flags & kTableOutside) != 0) finding.with("builtOutside", "yes");
    if (footer.seal.key_id != 0) finding.with("keyId", key_name(footer.seal.key_id));
    return tell(finding);
  }

  /// The table's bounds, as far as they can be read.
  KeyRange tell_properties(const Footer& footer) {
    const auto block = read_block(file_, form_, footer.properties);
    const auto meta =
        block.ok() ? decode_properties({block->bytes.get(), block->size}, footer.flags) : std::nullopt;
    if (!meta) {
      tell_damage(footer.properties.offset, block.ok() ? "the properties make no sense" : block.error().text);
      return {};
    }
    Finding finding{"properties", footer.properties.offset};
    finding.with("entries", meta->entry_count).with("removes", meta->delete_count);
    finding.with("rangeDeletes", meta->range_delete_count);
    finding.with("oldest", meta->oldest.raw).with("newest", meta->newest.raw);
    finding.with_data("from", meta->bounds.begin);
    if (meta->bounds.end) finding.with_data("before", *meta->bounds.end);
    tell(finding);
    for (const ValueUses::Use& use : meta->values.all())
      tell(Finding{"values", footer.properties.offset}.with("valueFile", use.file).with("size", use.size));
    return meta->bounds;
  }

  void tell_range_deletes(const Footer& footer) {
    if (footer.range_deletes.absent()) return;
    const auto block = read_block(file_, form_, footer.range_deletes);
    const auto deletes = block.ok() ? decode_range_deletes({block->bytes.get(), block->size}) : std::nullopt;
    if (!deletes)
      return tell_damage(footer.range_deletes.offset,
                         block.ok() ? "the range deletes make no sense" : block.error().text);
    if (detail_ != InspectDetail::entries) return;
    for (const RangeDelete& range_delete : *deletes) {
      Finding finding{"rangeDelete", footer.range_deletes.offset};
      finding.with("commit", range_delete.commit.raw).with_data("from", range_delete.begin);
      if (!range_delete.unbounded) finding.with_data("before", range_delete.end);
      if (!tell(finding)) return;
    }
  }

  void walk(const Footer& footer, const KeyRange& bounds) {
    uint64_t pages = 0;
    uint64_t blocks = 0;
    uint64_t entries = 0;
    TableWalk walk(file_, footer, form_, bounds);
    for (const TableWalk::Step* step = walk.next(); step != nullptr && wants_more_; step = walk.next()) {
      switch (step->kind) {
        case TableWalk::Kind::page:
          ++pages;
          tell_block(*step, "page");
          break;
        case TableWalk::Kind::data:
          ++blocks;
          tell_block(*step, "block");
          break;
        case TableWalk::Kind::entry:
          ++entries;
          if (detail_ == InspectDetail::entries) tell_entry(*step);
          break;
        case TableWalk::Kind::damage:
          tell_lost(*step);
          break;
      }
    }
    tell(Finding{"sum", std::nullopt}.with("pages", pages).with("blocks", blocks).with("entries", entries));
  }

  void tell_block(const TableWalk::Step& step, std::string_view kind) {
    if (detail_ == InspectDetail::summary) return;
    Finding finding{kind, step.handle.offset};
    if (step.level > 0) finding.with("level", uint64_t{step.level});
    tell(finding.with("size", uint64_t{step.handle.size}).with("entries", uint64_t{step.count}));
  }

  void tell_entry(const TableWalk::Step& step) {
    const Entry& entry = step.entry;
    Finding finding{"entry", step.handle.offset};
    finding.with_data("key", entry.key).with("commit", entry.commit.raw);
    finding.with("kind", is_remove(entry.kind) ? "remove" : is_put(entry.kind) ? "put" : "operand");
    if (const auto operand = is_operand(entry.kind) ? decode_operand(entry.value) : std::nullopt)
      finding.with("since", operand->since.raw).with("size", uint64_t{operand->steps.size()});
    if (expires(entry.kind)) finding.with("expiryMs", expiry_of(entry.value));
    if (is_apart(entry.kind)) {
      const ValueRef ref = value_ref_of(entry.kind, entry.value);
      finding.with("valueFile", ref.file).with("valueOffset", ref.place.offset);
      finding.with("storedSize", uint64_t{ref.place.size});
    } else if (is_put(entry.kind)) {
      const ByteView value = plain_value(entry.kind, entry.value);
      finding.with("size", uint64_t{value.size()}).with_data("value", value.substr(0, kInspectValueMax));
    }
    tell(finding);
  }

  void tell_lost(const TableWalk::Step& step) {
    damaged_ = true;
    Finding finding{"damage", step.handle.offset};
    finding.with("text", step.problem).with_data("from", step.lost.begin);
    if (step.lost.end) finding.with_data("before", *step.lost.end);
    tell(finding);
  }

  const RandomFile& file_;
  const InspectDetail detail_;
  const KeyRing& keys_;
  const FindingSink& found_;
  BlockForm form_;
  bool wants_more_ = true;
  bool damaged_ = false;
};

}  // namespace

Result<bool> inspect_table(const RandomFile& file, InspectDetail detail, const KeyRing& keys,
                           const FindingSink& found) {
  return TableInspection(file, detail, keys, found).run();
}

}  // namespace coppice::engine
