#include "engine/table/table_builder.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/table/block_builder.hpp"
#include "engine/table/block_io.hpp"
#include "engine/table/compression.hpp"
#include "engine/table/filter_parts.hpp"
#include "engine/table/index_builder.hpp"
#include "engine/table/table_format.hpp"
#include "engine/table/value_ref.hpp"

namespace coppice::engine {

namespace {

// Larger than data blocks: several hundred children keep most trees at two levels.
constexpr size_t kIndexPageSize = 16 << 10;
// What an entry adds to a block besides its key and value, about.
constexpr size_t kEntryOverhead = 16;

}  // namespace

struct TableBuilder::State {
  State(std::unique_ptr<AppendFile> target, const TableBuilderOptions& with)
      : options(with),
        file(std::move(target)),
        seal(options.keys.begin(FileUse::table)),
        writer(*file, {options.unique_id, seal.cipher}, options.compression),
        data(BlockKind::data),
        is_sampling(options.compression == Compression::zstd),
        index(writer, kIndexPageSize),
        filter(options.filter_rate) {
    COPPICE_CHECK(file->size() == 0);
    meta.number = options.number;
    meta.unique_id = options.unique_id;
    meta.key_id = seal.seal.key_id;
  }

  Status end_block(const Position& separator);
  Status write_block(ByteView payload, const Position& separator);
  Status end_sample();
  void count_commit(Timestamp commit);
  void set_bounds();

  const TableBuilderOptions options;
  std::unique_ptr<AppendFile> file;
  const FileSeal seal;
  BlockWriter writer;
  BlockBuilder data;
  /// The first blocks, while they are gathered for a dictionary.
  std::vector<Bytes> sample;
  std::vector<std::pair<Bytes, Timestamp>> sample_separators;
  size_t sample_size = 0;
  bool is_sampling;
  std::unique_ptr<const TrainedDictionary> dictionary;
  Footer footer;
  IndexBuilder index;
  BloomBuilder filter;
  ExpiryGatherer expiry;
  std::vector<RangeDelete> range_deletes;
  size_t range_deletes_size = 0;
  TableMeta meta;
  Kind last_kind = Kind::put;
  Bytes first_key;
  Bytes last_key;
};

TableBuilder::TableBuilder(std::unique_ptr<AppendFile> file, const TableBuilderOptions& options)
    : state_(std::make_unique<State>(std::move(file), options)) {}

TableBuilder::~TableBuilder() = default;

Status TableBuilder::State::end_block(const Position& separator) {
  if (is_sampling) {
    sample.emplace_back(data.finish());
    sample_separators.emplace_back(separator.key, separator.commit);
    sample_size += sample.back().size();
    data.clear();
    return sample_size < kDictionarySampleSize ? success() : end_sample();
  }
  COPPICE_TRY(write_block(data.finish(), separator));
  data.clear();
  return success();
}

Status TableBuilder::State::write_block(ByteView payload, const Position& separator) {
  COPPICE_TRY_ASSIGN(block, writer.write(payload, dictionary.get()));
  return index.add(separator, block);
}

// Makes a dictionary of the blocks gathered, and writes them.
Status TableBuilder::State::end_sample() {
  is_sampling = false;
  dictionary = TrainedDictionary::train(sample);
  if (dictionary != nullptr) {
    COPPICE_TRY_ASSIGN(handle, writer.write_plain(dictionary->bytes()));
    footer.dictionary = handle;
    footer.flags |= kTableDictionary;
  }
  for (size_t i = 0; i < sample.size(); ++i)
    COPPICE_TRY(write_block(sample[i], {sample_separators[i].first, sample_separators[i].second}));
  sample = {};
  sample_separators = {};
  sample_size = 0;
  return success();
}

void TableBuilder::State::count_commit(Timestamp commit) {
  meta.oldest = std::min(meta.oldest, commit);
  meta.newest = std::max(meta.newest, commit);
}

Status TableBuilder::add(const Entry& entry) {
  State& s = *state_;
  const uint64_t hash = filter_hash(entry.key);
  if (s.data.empty()) {
    s.first_key = entry.key;
    s.filter.add(hash);
  } else {
    const Position last = s.data.last();
    if (last.key != entry.key) {
      s.filter.add(hash);
    } else if (!is_operand(s.last_kind)) {
      ++s.meta.hidden_count;
    }
    if (s.data.size() + entry.key.size() + entry.value.size() + kEntryOverhead > s.options.block_size) {
      COPPICE_CHECK(compare(last, position(entry)) < 0);
      COPPICE_TRY(s.end_block(separator(last, position(entry))));
    }
  }
  s.data.add(entry, hash);
  s.last_kind = entry.kind;
  ++s.meta.entry_count;
  if (is_apart(entry.kind)) {
    const ValueRef ref = value_ref_of(entry.kind, entry.value);
    s.meta.values.add(ref.file, ref.stored_size());
  }
  if (entry.kind != Kind::put) {
    if (is_remove(entry.kind)) ++s.meta.delete_count;
    s.expiry.add(entry);
  }
  s.count_commit(entry.commit);
  return success();
}

void TableBuilder::add_range_delete(RangeDelete range_delete) {
  State& s = *state_;
  COPPICE_CHECK(range_delete.unbounded ? range_delete.end.empty() : range_delete.begin < range_delete.end);
  s.count_commit(range_delete.commit);
  ++s.meta.range_delete_count;
  s.range_deletes_size += range_delete.begin.size() + range_delete.end.size() + kEntryOverhead;
  s.range_deletes.push_back(std::move(range_delete));
}

bool TableBuilder::empty() const { return state_->meta.entry_count == 0 && state_->range_deletes.empty(); }

uint64_t TableBuilder::size() const {
  const State& s = *state_;
  return s.writer.size() + s.sample_size + s.data.size() + s.index.size() + s.filter.size() +
         s.range_deletes_size + kFooterSize;
}

// Requires: `range_deletes` are in order of their begin.
void TableBuilder::State::set_bounds() {
  KeyRange& bounds = meta.bounds;
  if (meta.entry_count > 0) bounds = {first_key, last_key + '\0'};
  for (const RangeDelete& range_delete : range_deletes) {
    const bool first = meta.entry_count == 0 && &range_delete == range_deletes.data();
    if (first || range_delete.begin < bounds.begin) bounds.begin = range_delete.begin;
    if (range_delete.unbounded) {
      bounds.end.reset();
    } else if (first || (bounds.end && *bounds.end < range_delete.end)) {
      bounds.end = range_delete.end;
    }
  }
}

Result<TableMeta> TableBuilder::finish() {
  COPPICE_CHECK(!empty());
  State& s = *state_;
  if (!s.data.empty()) {
    s.last_key = s.data.last().key;
    COPPICE_TRY(s.end_block({s.last_key, s.data.last().commit}));
  }
  if (s.is_sampling) COPPICE_TRY(s.end_sample());
  std::sort(s.range_deletes.begin(), s.range_deletes.end(), [](const RangeDelete& a, const RangeDelete& b) {
    return std::tie(a.begin, b.commit) < std::tie(b.begin, a.commit);
  });
  s.set_bounds();
  s.meta.cleared = cleared_by(s.range_deletes);
  s.meta.expiry = s.expiry.finish(s.meta.entry_count, !s.range_deletes.empty());

  COPPICE_TRY_ASSIGN(root, s.index.finish());
  Footer& footer = s.footer;
  footer.root = root.page;
  footer.height = root.height;
  footer.unique_id = s.options.unique_id;
  footer.seal = s.seal.seal;
  footer.flags |= kTableTimed;
  if (s.seal.cipher != nullptr) footer.flags |= kTableEncrypted;
  if (s.options.outside) footer.flags |= kTableOutside;
  if (const Bytes filter = s.filter.finish(); !filter.empty())
    COPPICE_TRY(write_filter(s.writer, filter, footer));
  if (!s.range_deletes.empty()) {
    COPPICE_TRY_ASSIGN(handle, s.writer.write(encode_range_deletes(s.range_deletes)));
    footer.range_deletes = handle;
  }
  COPPICE_TRY_ASSIGN(properties, s.writer.write(encode_properties(s.meta)));
  footer.properties = properties;
  s.writer.write_raw(encode_footer(footer));
  COPPICE_TRY(s.writer.flush());
  COPPICE_TRY(s.file->sync());

  s.meta.file_size = s.writer.size();
  COPPICE_CHECK(s.meta.file_size == s.file->size());
  return s.meta;
}

}  // namespace coppice::engine
