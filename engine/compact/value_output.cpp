#include "engine/compact/value_output.hpp"

#include <algorithm>

#include "engine/compact/table_output.hpp"
#include "engine/io/file_names.hpp"

namespace coppice::engine {
namespace {

// What is read to be written anew is not read there again.
constexpr TableReadOptions kReadOptions{.cached_only = false, .fill_cache = false};

}  // namespace

Status ValueOutput::place(Entry& entry) {
  if (!is_put(entry.kind)) return success();
  // Written anew it would leave garbage in a file that nobody empties, and that for nothing.
  if (!fetched_by_.empty() && entry.value.data() == fetched_.data()) {
    entry.kind = apart_if(entry.kind, true);
    entry.value = fetched_by_;
  }
  const size_t threshold = job_.options.value_threshold;
  const auto is_large = [&](ByteView value) { return threshold > 0 && value.size() >= threshold; };
  ByteView value = plain_value(entry.kind, entry.value);
  if (is_apart(entry.kind)) {
    const ValueRef ref = value_ref_of(entry.kind, entry.value);
    COPPICE_TRY(find(ref).status());
    if (!std::ranges::binary_search(part_.emptied, ref.file)) return success();
    COPPICE_TRY_ASSIGN(moved, read(ref));
    value = moved;
  } else if (!is_large(value)) {
    return success();
  }

  stored_.assign(entry.value.substr(0, expires(entry.kind) ? kExpirySize : 0));
  size_ += value.size();
  if (is_large(value)) {
    if (writer_ == nullptr) COPPICE_TRY(begin_file());
    COPPICE_TRY_ASSIGN(ref, writer_->add(value));
    put_value_ref(stored_, ref);
    if (writer_->size() >= std::max(job_.options.memtable_size, job_.options.table_size))
      COPPICE_TRY(finish_file());
  } else {
    stored_.append(value);
  }
  entry.kind = apart_if(entry.kind, is_large(value));
  entry.value = stored_;
  return success();
}

Result<Entry> ValueOutput::fetched(const Entry& entry) {
  fetched_by_.clear();
  if (!is_apart(entry.kind)) return entry;
  COPPICE_TRY_ASSIGN(value, read(value_ref_of(entry.kind, entry.value)));
  fetched_by_.assign(entry.value);
  fetched_.assign(entry.value.substr(0, expires(entry.kind) ? kExpirySize : 0)).append(value);
  return Entry{entry.key, entry.commit, apart_if(entry.kind, false), fetched_};
}

Result<const ValueFile*> ValueOutput::find(const ValueRef& ref) const {
  const auto number = [](const ValueFileHandle& file) { return file->meta().number; };
  const auto file = std::ranges::lower_bound(job_.value_files, ref.file, {}, number);
  if (file == job_.value_files.end() || number(*file) != ref.file)
    return damage(value_file_name(ref.file), ref.place.offset,
                  "a table refers to a value in it, and the manifest knows no such file");
  const uint64_t end = (*file)->meta().values_size();
  if (ref.place.offset > end || ref.stored_size() > end - ref.place.offset)
    return damage((*file)->path(), ref.place.offset, "a table refers to a value outside of the file");
  return file->get();
}

Result<ByteView> ValueOutput::read(const ValueRef& ref) {
  COPPICE_TRY_ASSIGN(file, find(ref));
  part_.bytes_read += ref.stored_size();
  COPPICE_TRY_ASSIGN(value, walk_.read(*file, ref.place, kReadOptions));
  if (value.size() > kValueSizeMax)
    return damage(file->path(), ref.place.offset, "the value has more bytes than any may have");
  return value;
}

Status ValueOutput::begin_file() {
  const uint64_t number = job_.numbers->fetch_add(1, std::memory_order_relaxed);
  const std::string name = value_file_name(number);
  COPPICE_TRY_ASSIGN(file, job_.env.files.create(join_path(job_.place_of(part_), name)));
  part_.value_outputs.emplace_back().number = number;
  writer_ = std::make_unique<ValueWriter>(std::move(file), number, unique_id_of(job_, name), job_.compression,
                                          job_.env.keys);
  return success();
}

Status ValueOutput::finish_file() {
  COPPICE_TRY_ASSIGN(meta, writer_->finish());
  part_.bytes_written += meta.file_size;
  meta.cold = part_.cold;
  part_.value_outputs.back() = meta;
  writer_.reset();
  return success();
}

Status ValueOutput::finish() { return writer_ == nullptr ? success() : finish_file(); }

}  // namespace coppice::engine
