#include "engine/version/manifest_state.hpp"

#include <algorithm>
#include <array>

namespace coppice::engine {
namespace {

Error misfit(const std::string& what) { return Error{Errc::corruption, "an edit does not fit: " + what}; }

}  // namespace

Status ManifestState::apply(const VersionEdit& edit) {
  if (edit.range) range = *edit.range;
  for (const ValueFileMeta& file : edit.value_files)
    if (!values.emplace(file.number, ValueState{file}).second)
      return misfit("it adds value file " + std::to_string(file.number) + " twice");
  bool unused = !edit.value_files.empty();
  for (const auto& removed : edit.removed) {
    const auto found = tables.find(removed.number);
    if (found == tables.end() || found->second.level != removed.level)
      return misfit("it removes table " + std::to_string(removed.number) + ", which is not there");
    for (const ValueUses::Use& use : found->second.table.values.all()) {
      ValueState& state = values.at(use.file);
      state.live_size -= use.size;
      unused |= --state.table_count == 0;
    }
    tables.erase(found);
  }
  for (const auto& added : edit.added) COPPICE_TRY(add(added));
  // A table that only changed its level is removed and added.
  if (unused) std::erase_if(values, [](const auto& value) { return value.second.table_count == 0; });
  for (uint64_t number : edit.logs_begun)
    if (!logs.emplace(number, LogState{}).second)
      return misfit("it begins log " + std::to_string(number) + " twice");
  for (uint64_t number : edit.logs_closed) {
    const auto found = logs.find(number);
    if (found == logs.end())
      return misfit("it closes log " + std::to_string(number) + ", which is not there");
    found->second.closed = true;
  }
  for (uint64_t number : edit.logs_retired)
    if (logs.erase(number) == 0)
      return misfit("it retires log " + std::to_string(number) + ", which is not there");
  next_file_number = std::max(next_file_number, edit.next_file_number);
  flushed = std::max(flushed, edit.flushed);
  history_from = std::max(history_from, edit.history_from);
  return success();
}

Status ManifestState::add(const VersionEdit::Added& added) {
  const std::string name = "table " + std::to_string(added.table.number);
  if (!tables.emplace(added.table.number, added).second) return misfit("it adds " + name + " twice");
  for (const ValueUses::Use& use : added.table.values.all()) {
    const auto found = values.find(use.file);
    if (found == values.end())
      return misfit(name + " refers to value file " + std::to_string(use.file) + ", which is not there");
    ValueState& state = found->second;
    if (use.size > state.file.values_size() - state.live_size)
      return misfit(name + " refers to more of value file " + std::to_string(use.file) + " than it has");
    ++state.table_count;
    state.live_size += use.size;
  }
  return success();
}

Status ManifestState::check_levels() const {
  std::array<std::vector<const TableMeta*>, kLevelCount> levels;
  for (const auto& [number, added] : tables) levels[added.level].push_back(&added.table);
  for (uint32_t level = 1; level < kLevelCount; ++level) {
    auto& metas = levels[level];
    std::ranges::sort(metas, {}, [](const TableMeta* meta) -> const Bytes& { return meta->bounds.begin; });
    for (size_t place = 1; place < metas.size(); ++place) {
      const auto& end = metas[place - 1]->bounds.end;
      if (!end || *end > metas[place]->bounds.begin)
        return misfit("tables " + std::to_string(metas[place - 1]->number) + " and " +
                      std::to_string(metas[place]->number) + " of level " + std::to_string(level) +
                      " overlap");
    }
  }
  return success();
}

bool ManifestState::has(const FileName& file, bool cold) const {
  if (file.kind == FileName::Kind::table) {
    const auto found = tables.find(file.number);
    return found != tables.end() && found->second.table.cold == cold;
  }
  const auto found = values.find(file.number);
  return found != values.end() && found->second.file.cold == cold;
}

VersionEdit ManifestState::whole() const {
  VersionEdit edit;
  edit.range = range;
  for (const auto& [number, value] : values) edit.value_files.push_back(value.file);
  for (const auto& [number, added] : tables) edit.added.push_back(added);
  for (const auto& [number, log] : logs) {
    edit.logs_begun.push_back(number);
    if (log.closed) edit.logs_closed.push_back(number);
  }
  edit.next_file_number = next_file_number;
  edit.flushed = flushed;
  edit.history_from = history_from;
  return edit;
}

}  // namespace coppice::engine
