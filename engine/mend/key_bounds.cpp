#include "engine/mend/key_bounds.hpp"

#include <algorithm>

#include "engine/log/batch.hpp"
#include "engine/log/log_reader.hpp"
#include "engine/log/spanning.hpp"
#include "engine/mend/table_summary.hpp"

namespace coppice::engine {
namespace {

void take_in(KeyRange& bounds, const KeyRange& range) {
  if (range.empty()) return;
  if (bounds.empty()) {
    bounds = range;
    return;
  }
  bounds.begin = std::min(bounds.begin, range.begin);
  if (bounds.end && (!range.end || *range.end > *bounds.end)) bounds.end = range.end;
}

void take_in(KeyRange& bounds, const Batch& batch) {
  for (Batch::Reader reader(batch); const auto operation = reader.next();) {
    KeyRange range{Bytes(operation->key), Bytes(operation->key) + '\0'};
    if (operation->kind == OperationKind::delete_range) {
      range.end.reset();
      if (!operation->value.empty()) range.end = Bytes(operation->value);
    }
    take_in(bounds, range);
  }
}

Status take_in(KeyRange& bounds, const Record& record) {
  if (record.kind == RecordKind::spanning) {
    COPPICE_TRY_ASSIGN(spanning, decode_spanning(record.payload));
    take_in(bounds, spanning.parts[spanning.own].batch);
  } else if (record.kind == RecordKind::batch) {
    COPPICE_TRY_ASSIGN(batch, Batch::decode(Bytes(record.payload)));
    take_in(bounds, batch);
  }
  return success();
}

/// Up to where it is damaged.
Status take_in_log(KeyRange& bounds, const TreeEnv& env, const TreeFile& found) {
  COPPICE_TRY_ASSIGN(reader, LogReader::open(env.files, found.path, found.file.number, env.keys));
  for (;;) {
    COPPICE_TRY_ASSIGN(record, reader.next());
    if (!record) return success();
    COPPICE_TRY(take_in(bounds, *record));
  }
}

Status take_in_table(KeyRange& bounds, const TreeEnv& env, const TreeFile& found) {
  COPPICE_TRY_ASSIGN(meta, read_summary(env.files, found.path, found.file.number, env.keys));
  take_in(bounds, meta.bounds);
  return success();
}

}  // namespace

Result<KeyRange> key_bounds(const TreeEnv& env, const std::vector<TreeFile>& files) {
  KeyRange bounds{"", ""};
  for (const TreeFile& found : files) {
    Status read = success();
    if (found.file.kind == FileName::Kind::table) read = take_in_table(bounds, env, found);
    if (found.file.kind == FileName::Kind::log) read = take_in_log(bounds, env, found);
    if (!read.ok() && read.error().code == Errc::invalid_argument) return std::move(read).error();
  }
  return bounds;
}

}  // namespace coppice::engine
