#include <algorithm>

#include "engine/table/block_builder.hpp"
#include "engine/table/block_cursor.hpp"
#include "engine/table/open_table.hpp"

namespace coppice::engine {

namespace {

// One pass over a whole table. Recurses over the levels of the index, of which there are at most kHeightMax.
class TableVerifier {
public:
  TableVerifier(const OpenTable& table, const TableMeta& meta, const TableReader::CheckValue& check_value)
      : table_(table), meta_(meta.in_file()), check_value_(check_value) {}

  Result<TableCheck> run() {
    check_.bytes = footer_size(table_.footer.version);
    if (!table_.footer.filter.absent()) {
      COPPICE_TRY_ASSIGN(filter, read(table_.footer.filter));
      filter_ = std::move(filter);
      if (table_.filter_parts.count > 0) COPPICE_TRY(read_filter_parts());
      if (!filter_valid(view(filter_))) return bad(table_.footer.filter, "the filter makes no sense");
    }
    if (!table_.footer.root.absent()) {
      COPPICE_TRY(check_page(table_.footer.root, table_.footer.height));
    }
    COPPICE_TRY(check_range_deletes());
    COPPICE_TRY(check_properties());
    if (!table_.footer.dictionary.absent()) COPPICE_TRY(read(table_.footer.dictionary).status());
    if (check_.bytes != meta_.file_size) return bad({}, "the blocks do not fill the file");
    check_.bytes += seen_.values.size();
    return check_;
  }

private:
  static ByteView view(const Block& block) { return {block.bytes.get(), block.size}; }

  Error bad(const BlockHandle& handle, const std::string& what) const {
    return damage(table_.file->name(), handle.offset, what);
  }

  Result<Block> read(const BlockHandle& handle) {
    ++check_.blocks;
    check_.bytes += handle.size + kBlockTrailerSize;
    // Each block is read once, so a larger sum means that the index goes in circles.
    if (check_.bytes > meta_.file_size) return bad(handle, "the index names a block twice");
    return read_block(*table_.file, table_.form, handle);
  }

  // Makes a whole of them, which takes the same line for a key.
  Status read_filter_parts() {
    const FilterParts& parts = table_.filter_parts;
    const size_t size = size_t{parts.count} * kFilterPartSize;
    filter_ = {std::make_unique_for_overwrite<char[]>(size + 1), size + 1};
    filter_.bytes[size] = static_cast<char>(parts.bits_set);
    for (uint32_t part = 0; part < parts.count; ++part) {
      COPPICE_TRY_ASSIGN(block, read(parts.handle(part)));
      if (block.size != kFilterPartSize) return bad(parts.handle(part), "the filter makes no sense");
      view(block).copy(filter_.bytes.get() + size_t{part} * kFilterPartSize, kFilterPartSize);
    }
    return success();
  }

  Result<Block> read_entries(const BlockHandle& handle, BlockKind kind) {
    COPPICE_TRY_ASSIGN(block, read(handle));
    return table_.current(handle, kind, std::move(block));
  }

  Status check_page(const BlockHandle& handle, uint32_t level) {
    const BlockKind kind = level == 0 ? BlockKind::data : BlockKind::page;
    COPPICE_TRY_ASSIGN(page, read_entries(handle, kind));
    BlockBuilder again(kind);
    BlockCursor cursor;
    const Entry* entry = cursor.reset(view(page)) ? cursor.seek_first() : nullptr;
    for (; entry != nullptr; entry = cursor.next()) {
      if (!again.empty() && compare(again.last(), position(*entry)) >= 0)
        return bad(handle, "the entries are out of order");
      again.add(*entry, filter_hash(entry->key));
      if (level == 0) {
        COPPICE_TRY(check_entry(handle, *entry));
        continue;
      }
      const auto child = table_.child(entry->value);
      if (!child) return bad(handle, "the index names a block outside of the file");
      COPPICE_TRY(check_page(*child, level - 1));
      const auto order = compare(last_position(), position(*entry));
      if (order > 0) return bad(handle, "an index entry lies before what it leads to");
      if (level > 1 && order != 0)
        return bad(handle, "an index entry is not the last of the page that it leads to");
      last_key_ = entry->key;
      last_commit_ = entry->commit;
    }
    if (cursor.damaged()) return bad(handle, "the block's entries make no sense");
    if (again.finish() != view(page)) return bad(handle, "the block's tables are not those of its entries");
    return success();
  }

  Position last_position() const { return {last_key_, last_commit_}; }

  Status check_entry(const BlockHandle& handle, const Entry& entry) {
    const auto order = compare(last_position(), position(entry));
    if (seen_.entry_count > 0 && last_key_ == entry.key && !is_operand(last_kind_)) ++seen_.hidden_count;
    last_kind_ = entry.kind;
    expiry_.add(entry);
    if (seen_.entry_count > 0 && order >= 0) return bad(handle, "the entries are out of order");
    if (!meta_.bounds.contains(entry.key)) return bad(handle, "a key lies outside of the table's bounds");
    if (filter_.bytes != nullptr && !filter_may_contain(view(filter_), filter_hash(entry.key)))
      return bad(table_.footer.filter, "the filter denies a key that is there");
    if (meta_.ingested != kTimestampMin && !is_from_outside(entry))
      return bad(handle, "an entry is none that a table built outside of a tree may have");
    last_key_ = entry.key;
    last_commit_ = entry.commit;
    ++check_.entries;
    ++seen_.entry_count;
    if (is_remove(entry.kind)) ++seen_.delete_count;
    count_commit(entry.commit);
    return is_apart(entry.kind) ? check_apart(value_ref_of(entry.kind, entry.value)) : success();
  }

  static bool is_from_outside(const Entry& entry) {
    if (entry.commit != kOutsideCommit || plain_value(entry.kind, entry.value).size() > kValueSizeMax)
      return false;
    if (is_remove(entry.kind)) return entry.value.empty();
    return is_put(entry.kind) && !is_apart(entry.kind);
  }

  Status check_apart(const ValueRef& ref) {
    ++check_.values;
    seen_.values.add(ref.file, ref.stored_size());
    return check_value_ ? check_value_(ref) : success();
  }

  void count_commit(Timestamp commit) {
    seen_.oldest = std::min(seen_.oldest, commit);
    seen_.newest = std::max(seen_.newest, commit);
  }

  /// Every key of it is covered by a range delete of its time.
  static bool covers(const std::vector<RangeDelete>& range_deletes, const ClearedRange& cleared) {
    std::vector<RangeDelete> timely;
    for (const RangeDelete& range_delete : range_deletes)
      if (range_delete.commit >= cleared.oldest && range_delete.commit <= cleared.newest)
        timely.push_back(range_delete);
    ByteView reached = cleared.range.begin;
    const RangeDeletes fragments(timely);
    for (const RangeDeletes::Fragment& fragment : fragments.fragments()) {
      if (fragment.begin > reached) break;
      if (fragment.unbounded) return true;
      reached = std::max(reached, ByteView(fragment.end));
    }
    return cleared.range.end && reached >= *cleared.range.end;
  }

  Status check_range_deletes() {
    if (table_.footer.range_deletes.absent())
      return meta_.cleared.empty() ? success() : bad({}, "the range deletes are missing");
    COPPICE_TRY_ASSIGN(block, read(table_.footer.range_deletes));
    const auto range_deletes = decode_range_deletes(view(block));
    if (!range_deletes) return bad(table_.footer.range_deletes, "the range deletes make no sense");
    for (const RangeDelete& range_delete : *range_deletes) {
      const bool ends_inside =
          !meta_.bounds.end || (!range_delete.unbounded && range_delete.end <= *meta_.bounds.end);
      if (range_delete.begin < meta_.bounds.begin || !ends_inside)
        return bad(table_.footer.range_deletes, "a range delete lies outside of the table's bounds");
      ++seen_.range_delete_count;
      count_commit(range_delete.commit);
    }
    for (const ClearedRange& cleared : meta_.cleared)
      if (!covers(*range_deletes, cleared))
        return bad(table_.footer.range_deletes, "the range deletes do not cover what the manifest says");
    return success();
  }

  Status check_properties() {
    COPPICE_TRY_ASSIGN(block, read(table_.footer.properties));
    const auto properties = decode_properties(view(block), table_.footer.flags);
    if (!properties) return bad(table_.footer.properties, "the properties make no sense");
    if (encode_properties(*properties) != encode_properties(meta_))
      return bad(table_.footer.properties, "the properties are not what the manifest says");
    seen_.bounds = meta_.bounds;
    if ((table_.footer.flags & kTableTimed) != 0) {
      seen_.expiry = expiry_.finish(seen_.entry_count, seen_.range_delete_count > 0);
    } else {
      seen_.hidden_count = 0;
    }
    if (encode_properties(seen_) != encode_properties(meta_))
      return bad(table_.footer.properties, "the properties are not what the table holds");
    return success();
  }

  const OpenTable& table_;
  // As the file has it.
  const TableMeta meta_;
  const TableReader::CheckValue& check_value_;
  Block filter_;
  TableCheck check_;
  ExpiryGatherer expiry_;
  Kind last_kind_ = Kind::put;
  TableMeta seen_;
  // The last entry or separator walked over; everything behind it must be larger.
  Bytes last_key_;
  Timestamp last_commit_ = kTimestampMax;
};

}  // namespace

Result<TableCheck> TableReader::verify(const CheckValue& check_value) const {
  COPPICE_TRY_ASSIGN(table, OpenTable::open(files_, path_, meta_, cache_, keys_));
  return TableVerifier(*table, meta_, check_value).run();
}

}  // namespace coppice::engine
