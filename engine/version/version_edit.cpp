#include "engine/version/version_edit.hpp"

#include <algorithm>

#include <capnp/message.h>
#include <capnp/serialize.h>

#include "schema/manifest.capnp.h"
#include "schema/read_message.hpp"

namespace coppice::engine {
namespace {

capnp::Data::Reader data_of(ByteView bytes) {
  return {reinterpret_cast<const capnp::byte*>(bytes.data()), bytes.size()};
}

Bytes bytes_of(capnp::Data::Reader data) {
  return {reinterpret_cast<const char*>(data.begin()), data.size()};
}

void write_bounds(schema::KeyBounds::Builder target, const KeyRange& range) {
  target.setBegin(data_of(range.begin));
  if (range.end) target.setEnd(data_of(*range.end));
  target.setHasEnd(range.end.has_value());
}

KeyRange read_bounds(schema::KeyBounds::Reader source) {
  KeyRange range{bytes_of(source.getBegin()), std::nullopt};
  if (source.getHasEnd()) range.end = bytes_of(source.getEnd());
  return range;
}

void write_table(schema::TableRecord::Builder target, const TableMeta& table) {
  target.setNumber(table.number);
  target.setFileSize(table.file_size);
  write_bounds(target.initBounds(), table.bounds);
  target.setEntryCount(table.entry_count);
  target.setDeleteCount(table.delete_count);
  target.setRangeDeleteCount(table.range_delete_count);
  target.setOldest(table.oldest.raw);
  target.setNewest(table.newest.raw);
  target.setUniqueId(table.unique_id);
  target.setKeyId(table.key_id);
  target.setHiddenCount(table.hidden_count);
  target.setExpiredQuarter(table.expiry.quarter);
  target.setExpiredHalf(table.expiry.half);
  target.setExpiredAll(table.expiry.all);
  target.setIngested(table.ingested.raw);
  auto cleared = target.initCleared(static_cast<unsigned>(table.cleared.size()));
  for (unsigned index = 0; index < cleared.size(); ++index) {
    write_bounds(cleared[index].initRange(), table.cleared[index].range);
    cleared[index].setOldest(table.cleared[index].oldest.raw);
    cleared[index].setNewest(table.cleared[index].newest.raw);
  }
  auto values = target.initValues(static_cast<unsigned>(table.values.all().size()));
  for (unsigned index = 0; index < values.size(); ++index) {
    values[index].setFile(table.values.all()[index].file);
    values[index].setSize(table.values.all()[index].size);
  }
}

Result<TableMeta> read_table(schema::TableRecord::Reader source) {
  TableMeta table;
  table.number = source.getNumber();
  table.file_size = source.getFileSize();
  table.bounds = read_bounds(source.getBounds());
  table.entry_count = source.getEntryCount();
  table.delete_count = source.getDeleteCount();
  table.range_delete_count = source.getRangeDeleteCount();
  table.oldest = Timestamp{source.getOldest()};
  table.newest = Timestamp{source.getNewest()};
  table.unique_id = source.getUniqueId();
  table.key_id = source.getKeyId();
  table.hidden_count = source.getHiddenCount();
  table.expiry = {source.getExpiredQuarter(), source.getExpiredHalf(), source.getExpiredAll()};
  table.ingested = Timestamp{source.getIngested()};
  for (const auto& cleared : source.getCleared())
    table.cleared.push_back(
        {read_bounds(cleared.getRange()), Timestamp{cleared.getOldest()}, Timestamp{cleared.getNewest()}});
  for (const auto& use : source.getValues()) {
    if (!table.values.empty() && use.getFile() <= table.values.all().back().file)
      return Error{Errc::corruption, "the edit adds a table whose value files do not ascend"};
    table.values.add(use.getFile(), use.getSize());
  }
  return table;
}

void write_numbers(capnp::List<uint64_t>::Builder target, const std::vector<uint64_t>& numbers) {
  for (unsigned index = 0; index < target.size(); ++index) target.set(index, numbers[index]);
}

std::vector<uint64_t> read_numbers(capnp::List<uint64_t>::Reader source) {
  std::vector<uint64_t> numbers;
  numbers.reserve(source.size());
  for (uint64_t number : source) numbers.push_back(number);
  return numbers;
}

void write_value_file(schema::ValueFile::Builder target, const ValueFileMeta& file) {
  target.setNumber(file.number);
  target.setFileSize(file.file_size);
  target.setUniqueId(file.unique_id);
  target.setKeyId(file.key_id);
  target.setCold(file.cold);
}

Result<ValueFileMeta> read_value_file(schema::ValueFile::Reader source) {
  const ValueFileMeta file{source.getNumber(), source.getFileSize(), source.getUniqueId(), source.getKeyId(),
                           source.getCold()};
  if (file.number == 0 || file.number > kFileNumberMax || file.file_size <= kValueFooterSize)
    return Error{Errc::corruption, "the edit adds a value file that cannot be"};
  return file;
}

Status check_table(const VersionEdit::Added& added) {
  const TableMeta& table = added.table;
  if (added.level >= kLevelCount || table.number == 0 || table.number > kFileNumberMax ||
      table.bounds.empty() || table.oldest > table.newest || table.bounds.begin.size() > kKeySizeMax ||
      (table.bounds.end && table.bounds.end->size() > kKeySizeMax + 1))
    return Error{Errc::corruption, "the edit adds a table that cannot be"};
  const bool has_more = table.range_delete_count > 0 || !table.values.all().empty();
  if (table.ingested != kTimestampMin &&
      (table.oldest != table.ingested || table.newest != table.ingested || has_more))
    return Error{Errc::corruption, "the edit adds a table built outside that cannot be"};
  // Whole tables are dropped by what these say.
  for (const ClearedRange& cleared : table.cleared)
    if (cleared.range.empty() || intersection(cleared.range, table.bounds) != cleared.range ||
        cleared.oldest < table.oldest || cleared.oldest > cleared.newest || cleared.newest > table.newest)
      return Error{Errc::corruption, "the edit adds a table with range deletes that cannot be"};
  return success();
}

// Throws kj::Exception when the message is malformed.
Result<VersionEdit> read_edit(capnp::MessageReader& message) {
  const auto source = message.getRoot<schema::Edit>();
  if (source.getFormatVersion() > kManifestFormatVersion)
    return Error{Errc::unsupported,
                 "the manifest has format version " + std::to_string(source.getFormatVersion()) +
                     ", and this build reads up to " + std::to_string(kManifestFormatVersion) +
                     ": upgrade coppice to open it"};
  VersionEdit edit;
  if (source.getHasRange()) edit.range = read_bounds(source.getRange());
  if (edit.range && (edit.range->empty() || edit.range->begin.size() > kKeySizeMax ||
                     (edit.range->end && edit.range->end->size() > kKeySizeMax + 1)))
    return Error{Errc::corruption, "the edit has a range of keys that no tree has"};
  for (const auto& removed : source.getRemoved()) {
    edit.removed.push_back({removed.getLevel(), removed.getNumber()});
    if (removed.getLevel() >= kLevelCount)
      return Error{Errc::corruption, "the edit removes a table from a level that cannot be"};
  }
  for (const auto& added : source.getAdded()) {
    COPPICE_TRY_ASSIGN(table, read_table(added.getTable()));
    edit.added.push_back({added.getLevel(), std::move(table)});
    edit.added.back().table.cold = added.getCold();
    COPPICE_TRY(check_table(edit.added.back()));
  }
  for (const auto& file : source.getValueFiles()) {
    COPPICE_TRY_ASSIGN(added, read_value_file(file));
    edit.value_files.push_back(added);
  }
  edit.logs_begun = read_numbers(source.getLogsBegun());
  edit.logs_closed = read_numbers(source.getLogsClosed());
  edit.logs_retired = read_numbers(source.getLogsRetired());
  edit.next_file_number = source.getNextFileNumber();
  if (edit.next_file_number > kFileNumberMax ||
      std::ranges::any_of(edit.logs_begun, [](uint64_t number) { return number > kFileNumberMax; }))
    return Error{Errc::corruption, "the edit counts more files than can ever have been"};
  edit.flushed = Timestamp{source.getFlushed()};
  edit.history_from = Timestamp{source.getHistoryFrom()};
  return edit;
}

}  // namespace

Bytes encode_edit(const VersionEdit& edit) {
  capnp::MallocMessageBuilder message;
  auto target = message.initRoot<schema::Edit>();
  target.setFormatVersion(kManifestFormatVersion);
  if (edit.range) write_bounds(target.initRange(), *edit.range);
  target.setHasRange(edit.range.has_value());

  auto removed = target.initRemoved(static_cast<unsigned>(edit.removed.size()));
  for (unsigned index = 0; index < removed.size(); ++index) {
    removed[index].setLevel(static_cast<uint8_t>(edit.removed[index].level));
    removed[index].setNumber(edit.removed[index].number);
  }
  auto added = target.initAdded(static_cast<unsigned>(edit.added.size()));
  for (unsigned index = 0; index < added.size(); ++index) {
    added[index].setLevel(static_cast<uint8_t>(edit.added[index].level));
    write_table(added[index].initTable(), edit.added[index].table);
    added[index].setCold(edit.added[index].table.cold);
  }
  auto value_files = target.initValueFiles(static_cast<unsigned>(edit.value_files.size()));
  for (unsigned index = 0; index < value_files.size(); ++index)
    write_value_file(value_files[index], edit.value_files[index]);
  write_numbers(target.initLogsBegun(static_cast<unsigned>(edit.logs_begun.size())), edit.logs_begun);
  write_numbers(target.initLogsClosed(static_cast<unsigned>(edit.logs_closed.size())), edit.logs_closed);
  write_numbers(target.initLogsRetired(static_cast<unsigned>(edit.logs_retired.size())), edit.logs_retired);
  target.setNextFileNumber(edit.next_file_number);
  target.setFlushed(edit.flushed.raw);
  target.setHistoryFrom(edit.history_from.raw);

  const kj::Array<capnp::word> words = capnp::messageToFlatArray(message);
  const auto bytes = words.asBytes();
  return {reinterpret_cast<const char*>(bytes.begin()), bytes.size()};
}

Result<VersionEdit> decode_edit(ByteView payload) {
  std::optional<Result<VersionEdit>> edit;
  if (!read_message(payload, [&](capnp::MessageReader& message) { edit = read_edit(message); }))
    return Error{Errc::corruption, "the edit is no Cap'n Proto message of ours"};
  return *std::move(edit);
}

}  // namespace coppice::engine
