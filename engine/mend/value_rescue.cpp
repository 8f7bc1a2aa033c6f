#include "engine/mend/value_rescue.hpp"

#include <algorithm>

#include "engine/io/copy_file.hpp"
#include "engine/io/file_names.hpp"
#include "engine/mend/table_summary.hpp"
#include "engine/version/table_handle.hpp"

namespace coppice::engine {
namespace {

using Fate = MendedFile::Fate;

/// A file that is damaged everywhere should not fill memory with what is said of it.
constexpr size_t kProblemsMax = 100;
constexpr TableReadOptions kReadOptions{.cached_only = false, .fill_cache = false};

}  // namespace

void ValueRescue::know(const ManifestState& manifest, const std::vector<TreeFile>& files) {
  for (const auto& [number, value] : manifest.values) {
    known_.emplace(number, value.file);
    const TreeFile* found = find_file(files, FileName::Kind::values, number, value.file.cold);
    if (found != nullptr ? found->cold : value.file.cold) cold_.insert(number);
  }
  for (const auto& [file, path, cold] : files)
    if (file.kind == FileName::Kind::values && cold && !known_.contains(file.number))
      cold_.insert(file.number);
}

std::string ValueRescue::path_of(uint64_t number) const {
  return join_path(env_.place_of(source_, cold_.contains(number)), value_file_name(number));
}

Status ValueRescue::open(uint64_t number, Found& found) const {
  ValueFileMeta meta;
  if (const auto known = known_.find(number); known != known_.end()) {
    meta = known->second;
  } else {
    COPPICE_TRY_ASSIGN(summary, read_value_summary(env_.files, path_of(number), number));
    meta = summary;
  }
  meta.cold = cold_.contains(number);
  found.file = make_value_file(env_, source_, meta);
  return found.file->open(false).status();
}

ValueRescue::Found& ValueRescue::find(uint64_t number) {
  const auto [place, is_new] = found_.try_emplace(number);
  Found& found = place->second;
  if (!is_new) return found;
  found.well = open(number, found);
  // Its salt went with its footer, if it was encrypted.
  const bool torn = found.file != nullptr && !found.well.ok() &&
                    found.well.error().code == Errc::corruption && found.file->meta().key_id == 0;
  if (torn) {
    auto file = env_.files.open(found.file->path());
    if (file.ok()) found.torn = *std::move(file);
  }
  return found;
}

void ValueRescue::note(Found& found, const Status& read) {
  if (read.ok()) {
    found.any_read = true;
  } else if (const std::string& text = read.error().text;
             found.problems.size() < kProblemsMax &&
             std::ranges::find(found.problems, text) == found.problems.end()) {
    found.problems.push_back(text);
  }
}

Status ValueRescue::check(const ValueRef& ref) {
  Found& found = find(ref.file);
  const Status read =
      found.well.ok() ? walk_.read(*found.file, ref.place, kReadOptions).status() : found.well;
  note(found, read);
  return read;
}

Status ValueRescue::save(Entry& entry, Bytes& buffer) {
  const ValueRef ref = value_ref_of(entry.kind, entry.value);
  Found& found = find(ref.file);
  if (found.torn == nullptr) return check(ref);
  const auto block = read_block(*found.torn, {.unique_id = found.file->meta().unique_id}, ref.place);
  note(found, block.status());
  COPPICE_TRY(block.status());
  buffer.assign(entry.value.substr(0, expires(entry.kind) ? kExpirySize : 0));
  buffer.append(block->bytes.get(), block->size);
  entry.kind = apart_if(entry.kind, false);
  entry.value = buffer;
  return success();
}

Status ValueRescue::keep(ManifestState& state, const std::string& target) {
  for (const auto& [number, added] : state.tables) {
    for (const ValueUses::Use& use : added.table.values.all()) {
      ManifestState::ValueState& value = state.values[use.file];
      if (value.table_count++ == 0) {
        const Found& found = find(use.file);
        COPPICE_TRY(found.well);
        value.file = found.file->meta();
        value.file.cold = false;
        COPPICE_TRY(
            link_or_copy(env_.files, found.file->path(), join_path(target, value_file_name(use.file))));
      }
      value.live_size += use.size;
    }
  }
  return success();
}

void ValueRescue::report(const std::vector<uint64_t>& numbers,
                         const std::function<void(MendedFile)>& tell) const {
  std::map<uint64_t, const Found*> all;
  for (const uint64_t number : numbers) all.emplace(number, nullptr);
  for (const auto& [number, found] : found_) all[number] = &found;
  for (const auto& [number, found] : all) {
    MendedFile file{path_of(number)};
    if (found == nullptr) {
      file.fate = Fate::left_out;
    } else {
      file.fate = !found->any_read ? Fate::lost : found->torn != nullptr ? Fate::merged : Fate::kept;
      file.problems = found->problems;
    }
    tell(std::move(file));
  }
}

}  // namespace coppice::engine
