#include "engine/version/manifest_state.hpp"

#include <algorithm>
#include <array>

namespace coppice::engine {
namespace {

Error misfit(const std::string& what) { return Error{Errc::corruption, "an edit does not fit: " + what}; }

}  // namespace

Status ManifestState::apply(const VersionEdit& edit) {
  if (edit.range) range = *edit.range;
  for (const auto& removed : edit.removed) {
    const auto found = tables.find(removed.number);
    if (found == tables.end() || found->second.level != removed.level)
      return misfit("it removes table " + std::to_string(removed.number) + ", which is not there");
    tables.erase(found);
  }
  for (const auto& added : edit.added)
    if (!tables.emplace(added.table.number, added).second)
      return misfit("it adds table " + std::to_string(added.table.number) + " twice");
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

VersionEdit ManifestState::whole() const {
  VersionEdit edit;
  edit.range = range;
  for (const auto& [number, added] : tables) edit.added.push_back(added);
  for (const auto& [number, log] : logs) {
    edit.logs_begun.push_back(number);
    if (log.closed) edit.logs_closed.push_back(number);
  }
  edit.next_file_number = next_file_number;
  edit.flushed = flushed;
  return edit;
}

}  // namespace coppice::engine
