#include "engine/compact/table_output.hpp"

#include "engine/base/checksum.hpp"
#include "engine/io/file_names.hpp"

namespace coppice::engine {
namespace {

// What of `range_delete` lies in [begin, end), an empty range if nothing does.
RangeDelete clip(RangeDelete range_delete, ByteView begin, const std::optional<Bytes>& end) {
  if (range_delete.begin < begin) range_delete.begin = begin;
  if (end && (range_delete.unbounded || *end < range_delete.end)) {
    range_delete.end = *end;
    range_delete.unbounded = false;
  }
  return range_delete;
}

bool is_empty(const RangeDelete& range_delete) {
  return !range_delete.unbounded && range_delete.end <= range_delete.begin;
}

}  // namespace

uint64_t unique_id_of(const JobState& job, const std::string& file_name) {
  return checksum(join_path(job.directory, file_name), job.env.seed);
}

TableOutput::TableOutput(const JobState& job, JobPart& part, std::vector<RangeDelete> range_deletes)
    : job_(job),
      part_(part),
      range_deletes_(std::move(range_deletes)),
      cut_(part.range.begin),
      last_key_(part.range.begin) {}

Status TableOutput::add(const Entry& entry) {
  if (compare({last_key_, last_commit_}, position(entry)) >= 0)
    return Error{Errc::corruption, "the key " + printable(entry.key) + " came out of order"};
  if (builder_ && added_size_ >= part_.cuts.size_min())
    if (const std::optional<Bytes> cut = cut_before(entry)) COPPICE_TRY(finish_table(cut));
  if (!builder_) {
    COPPICE_TRY(begin_table());
    part_.cuts.began(entry.key);
    added_size_ = 0;
  }
  added_size_ += entry.key.size() + entry.value.size();
  size_ += entry.key.size() + entry.value.size();
  last_key_.assign(entry.key);
  last_commit_ = entry.commit;
  return builder_->add(entry);
}

std::optional<Bytes> TableOutput::cut_before(const Entry& entry) {
  if (entry.key == last_key_) return std::nullopt;
  const auto cut = part_.cuts.cut(last_key_, entry.key, builder_->size());
  return cut ? std::optional<Bytes>(*cut) : std::nullopt;
}

Status TableOutput::finish() {
  COPPICE_TRY(finish_table(part_.range.end));
  return part_.outputs.empty() ? success() : job_.env.files.sync_directory(job_.place_of(part_));
}

Status TableOutput::begin_table() {
  TableBuilderOptions options;
  options.number = job_.numbers->fetch_add(1, std::memory_order_relaxed);
  const std::string name = table_file_name(options.number);
  options.unique_id = unique_id_of(job_, name);
  options.block_size = job_.options.block_size;
  options.filter_rate = job_.filter_rate;
  options.compression = job_.compression;
  options.keys = job_.env.keys;

  COPPICE_TRY_ASSIGN(file, job_.env.files.create(join_path(job_.place_of(part_), name)));
  part_.outputs.emplace_back().number = options.number;
  builder_ = std::make_unique<TableBuilder>(std::move(file), options);
  return success();
}

Status TableOutput::finish_table(const std::optional<Bytes>& cut) {
  for (const RangeDelete& range_delete : range_deletes_) {
    RangeDelete part = clip(range_delete, cut_, cut);
    if (is_empty(part)) continue;
    if (!builder_) COPPICE_TRY(begin_table());
    builder_->add_range_delete(std::move(part));
  }
  if (builder_) {
    COPPICE_TRY_ASSIGN(meta, builder_->finish());
    part_.bytes_written += meta.file_size;
    meta.cold = part_.cold;
    part_.outputs.back() = std::move(meta);
    builder_.reset();
  }
  if (cut) cut_ = *cut;
  return success();
}

}  // namespace coppice::engine
