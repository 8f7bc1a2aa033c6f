#include "engine/mend/inspect_log.hpp"

#include <algorithm>

#include "engine/log/log_reader.hpp"
#include "engine/log/spanning.hpp"
#include "engine/version/manifest_state.hpp"

namespace coppice::engine {
namespace {

std::string_view name_of(RecordKind kind) {
  switch (kind) {
    case RecordKind::batch:
      return "batch";
    case RecordKind::spanning:
      return "spanning";
    case RecordKind::edit:
      return "edit";
    case RecordKind::close:
      return "close";
  }
  return "unknown";
}

std::string_view name_of(OperationKind kind) {
  switch (kind) {
    case OperationKind::put:
    case OperationKind::put_that_expires:
      return "put";
    case OperationKind::remove:
      return "remove";
    case OperationKind::delete_range:
      return "deleteRange";
    case OperationKind::merge:
      return "merge";
  }
  return "unknown";
}

std::string_view name_of(Operator op) {
  switch (op) {
    case Operator::add:
      return "add";
    case Operator::append:
      return "append";
    case Operator::max:
      return "max";
  }
  return "unknown";
}

std::string_view name_of(LogEnd end) {
  switch (end) {
    case LogEnd::closed:
      return "closed";
    case LogEnd::open:
      return "open";
    case LogEnd::torn:
      return "torn";
  }
  return "unknown";
}

class LogInspection {
public:
  LogInspection(InspectDetail detail, const KeyRing& keys, const FindingSink& found)
      : detail_(detail), keys_(keys), found_(found) {}

  Result<bool> run(FileSystem& files, const std::string& path) {
    const auto header = read_header(files, path);
    if (!header.ok()) {
      if (header.error().code != Errc::corruption) return header.error();
      tell_damage(0, header.error().text);
      return true;
    }
    Finding finding{"header", 0};
    finding.with("format", uint64_t{header->format})
        .with("number", header->number)
        .with("salt", header->salt);
    if (header->sealing.seal.key_id != 0) finding.with("keyId", key_name(header->sealing.seal.key_id));
    tell(finding);
    // A file may bear any name.
    COPPICE_TRY_ASSIGN(reader, LogReader::open(files, path, header->number, keys_));
    read(reader);
    return damaged_;
  }

private:
  bool tell(const Finding& finding) { return wants_more_ = wants_more_ && found_(finding); }
  void tell_damage(uint64_t offset, const std::string& text) {
    damaged_ = true;
    tell(Finding{"damage", offset}.with("text", text));
  }

  static Result<LogHeader> read_header(FileSystem& files, const std::string& path) {
    COPPICE_TRY_ASSIGN(file, files.open(path));
    Bytes front(static_cast<size_t>(std::min<uint64_t>(file->size(), kSealedLogHeaderSize)), '\0');
    COPPICE_TRY(file->read(0, front.size(), front.data()));
    return decode_log_header(front, path);
  }

  void read(LogReader& reader) {
    uint64_t records = 0;
    Timestamp first = kTimestampMax;
    Timestamp last = kTimestampMin;
    while (wants_more_) {
      const auto record = reader.next();
      if (!record.ok()) {
        tell_damage(reader.record_offset(), record.error().text);
        break;
      }
      if (!*record) break;
      ++records;
      if (has_commit((*record)->kind)) {
        first = std::min(first, (*record)->commit);
        last = std::max(last, (*record)->commit);
      }
      tell_record(**record, reader.record_offset());
    }
    if (any_edit_ && fits_) tell_state();
    Finding sum{"sum", std::nullopt};
    sum.with("records", records);
    if (first <= last) sum.with("firstCommit", first.raw).with("lastCommit", last.raw);
    if (!damaged_ && wants_more_)
      sum.with("end", std::string(name_of(reader.end()))).with("endOffset", reader.end_offset());
    tell(sum);
  }

  void tell_record(const Record& record, uint64_t offset) {
    if (detail_ != InspectDetail::summary) {
      Finding finding{"record", offset};
      finding.with("kind", std::string(name_of(record.kind)));
      if (has_commit(record.kind)) finding.with("commit", record.commit.raw);
      finding.with("size", uint64_t{record.payload.size()});
      if (record.synced) finding.with("syncedThrough", *record.synced);
      tell(finding);
    }
    switch (record.kind) {
      case RecordKind::batch:
        return tell_batch(record.payload, offset, std::nullopt);
      case RecordKind::spanning:
        return tell_spanning(record.payload, offset);
      case RecordKind::edit:
        return tell_edit(record.payload, offset);
      case RecordKind::close:
        return;
    }
  }

  void tell_batch(ByteView payload, uint64_t offset, std::optional<uint64_t> shard) {
    if (const Status valid = batch_.assign(payload); !valid.ok())
      return tell_damage(offset, valid.error().text);
    if (detail_ == InspectDetail::entries) tell_operations(batch_, offset, shard);
  }

  void tell_operations(const Batch& batch, uint64_t offset, std::optional<uint64_t> shard) {
    Batch::Reader operations(batch);
    for (auto operation = operations.next(); operation && wants_more_; operation = operations.next()) {
      Finding finding{"operation", offset};
      if (shard) finding.with("shard", *shard);
      finding.with("kind", std::string(name_of(operation->kind)));
      if (operation->kind == OperationKind::delete_range) {
        finding.with_data("from", operation->key);
        if (!operation->value.empty()) finding.with_data("before", operation->value);
      } else if (operation->kind == OperationKind::merge) {
        const Step step = step_of(*operation);
        finding.with_data("key", operation->key).with("operator", std::string(name_of(step.op)));
        finding.with("size", uint64_t{step.operand.size()});
        finding.with_data("operand", step.operand.substr(0, kInspectValueMax));
      } else {
        finding.with_data("key", operation->key);
        const Kind kind = kind_of(*operation);
        if (expires(kind)) finding.with("expiryMs", expiry_of(operation->value));
        if (is_put(kind)) {
          const ByteView value = plain_value(kind, operation->value);
          finding.with("size", uint64_t{value.size()}).with_data("value", value.substr(0, kInspectValueMax));
        }
      }
      tell(finding);
    }
  }

  void tell_spanning(ByteView payload, uint64_t offset) {
    const auto spanning = decode_spanning(payload);
    if (!spanning.ok()) return tell_damage(offset, spanning.error().text);
    if (detail_ != InspectDetail::entries) return;
    for (const RecoveredSpanning::Part& part : spanning->parts)
      tell_operations(part.batch, offset, part.shard);
  }

  void tell_edit(ByteView payload, uint64_t offset) {
    const auto edit = decode_edit(payload);
    if (!edit.ok()) return tell_damage(offset, edit.error().text);
    any_edit_ = true;
    // One that does not fit leaves half of itself behind, so that nothing fits any more.
    if (fits_) {
      const Status fits = state_.apply(*edit);
      if (!fits.ok()) tell_damage(offset, fits.error().text);
      fits_ = fits.ok();
    }
    if (detail_ != InspectDetail::entries) return;
    for (const VersionEdit::Removed& removed : edit->removed)
      tell(Finding{"removed", offset}.with("number", removed.number).with("level", uint64_t{removed.level}));
    for (const ValueFileMeta& file : edit->value_files) {
      Finding finding = value_finding(file);
      finding.offset = offset;
      tell(finding);
    }
    for (const VersionEdit::Added& added : edit->added) {
      Finding finding = finding_of(added.table, added.level);
      finding.kind = "added";
      finding.offset = offset;
      tell(finding);
    }
    const auto logs = [&](std::string_view kind, const std::vector<uint64_t>& numbers) {
      for (const uint64_t number : numbers) tell(Finding{kind, offset}.with("number", number));
    };
    logs("logBegun", edit->logs_begun);
    logs("logClosed", edit->logs_closed);
    logs("logRetired", edit->logs_retired);
  }

  /// What all edits together say.
  void tell_state() {
    Finding tree{"tree", std::nullopt};
    tree.with_data("from", state_.range.begin);
    if (state_.range.end) tree.with_data("before", *state_.range.end);
    tree.with("flushed", state_.flushed.raw).with("historyFrom", state_.history_from.raw);
    tell(tree.with("nextFileNumber", state_.next_file_number));
    for (const auto& [number, added] : state_.tables) tell(finding_of(added.table, added.level));
    for (const auto& [number, value] : state_.values)
      tell(value_finding(value.file).with("tables", value.table_count).with("live", value.live_size));
    for (const auto& [number, log] : state_.logs)
      tell(Finding{"log", std::nullopt}.with("number", number).with("closed", log.closed ? "yes" : "no"));
  }

  static Finding value_finding(const ValueFileMeta& file) {
    Finding finding{"valueFile", std::nullopt};
    finding.with("number", file.number).with("size", file.file_size).with("uniqueId", file.unique_id);
    if (file.key_id != 0) finding.with("keyId", key_name(file.key_id));
    if (file.cold) finding.with("cold", "yes");
    return finding;
  }

  const InspectDetail detail_;
  const KeyRing& keys_;
  const FindingSink& found_;
  bool wants_more_ = true;
  bool damaged_ = false;
  Batch batch_;
  /// Of the edits so far; only as long as each fits.
  ManifestState state_;
  bool fits_ = true;
  bool any_edit_ = false;
};

}  // namespace

Result<bool> inspect_log(FileSystem& files, const std::string& path, InspectDetail detail,
                         const KeyRing& keys, const FindingSink& found) {
  return LogInspection(detail, keys, found).run(files, path);
}

}  // namespace coppice::engine
