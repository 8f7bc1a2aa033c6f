#include "engine/mend/file_keys.hpp"

#include <algorithm>

#include "engine/log/batch.hpp"
#include "engine/log/log_reader.hpp"
#include "engine/log/spanning.hpp"
#include "engine/mend/table_summary.hpp"

namespace coppice::engine {
namespace {

void add_batch(KeyRange& bounds, const Batch& batch) {
  for (Batch::Reader reader(batch); const auto operation = reader.next();) {
    KeyRange range{Bytes(operation->key), Bytes(operation->key) + '\0'};
    if (operation->kind == OperationKind::delete_range) {
      range.end.reset();
      if (!operation->value.empty()) range.end = Bytes(operation->value);
    }
    take_in(bounds, range);
  }
}

Status add_record(KeyRange& bounds, const Record& record) {
  if (record.kind == RecordKind::spanning) {
    COPPICE_TRY_ASSIGN(spanning, decode_spanning(record.payload));
    add_batch(bounds, spanning.parts[spanning.own].batch);
  } else if (record.kind == RecordKind::batch) {
    COPPICE_TRY_ASSIGN(batch, Batch::decode(Bytes(record.payload)));
    add_batch(bounds, batch);
  }
  return success();
}

/// Up to where it is damaged.
Status read_log(const TreeEnv& env, const TreeFile& found, FileKeys& keys) {
  COPPICE_TRY_ASSIGN(reader, LogReader::open(env.files, found.path, found.file.number, env.keys));
  for (;;) {
    COPPICE_TRY_ASSIGN(record, reader.next());
    if (!record) return success();
    COPPICE_TRY(add_record(keys.bounds, *record));
  }
}

Status read_table(const TreeEnv& env, const TreeFile& found, FileKeys& keys) {
  COPPICE_TRY_ASSIGN(meta, read_summary(env.files, found.path, found.file.number, env.keys));
  keys = {meta.unique_id, meta.bounds};
  return success();
}

}  // namespace

void take_in(KeyRange& bounds, const KeyRange& range) {
  if (range.empty()) return;
  if (bounds.empty()) {
    bounds = range;
    return;
  }
  bounds.begin = std::min(bounds.begin, range.begin);
  if (bounds.end && (!range.end || *range.end > *bounds.end)) bounds.end = range.end;
}

Result<std::vector<FileKeys>> keys_of_files(const TreeEnv& env, const std::vector<TreeFile>& files) {
  std::vector<FileKeys> all;
  for (const TreeFile& found : files) {
    FileKeys keys;
    Status read = success();
    if (found.file.kind == FileName::Kind::table) read = read_table(env, found, keys);
    if (found.file.kind == FileName::Kind::log) read = read_log(env, found, keys);
    if (!read.ok() && read.error().code == Errc::invalid_argument) return std::move(read).error();
    if (!keys.bounds.empty()) all.push_back(std::move(keys));
  }
  return all;
}

}  // namespace coppice::engine
