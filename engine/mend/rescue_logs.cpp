#include "engine/mend/rescue_logs.hpp"

#include <array>

#include "engine/base/random.hpp"
#include "engine/io/file_names.hpp"
#include "engine/log/log_writer.hpp"
#include "engine/log/spanning.hpp"
#include "engine/mend/repair_state.hpp"

namespace coppice::engine {
namespace {

std::string after(Timestamp commit) {
  return ": writes after commit " + std::to_string(commit.raw) + " may be lost";
}

}  // namespace

Status LogRescue::check(const Record& record) {
  if (record.commit <= last_commit_) return Error{Errc::corruption, "commit timestamps do not rise"};
  if (record.kind == RecordKind::spanning) return decode_spanning(record.payload).status();
  if (record.kind == RecordKind::batch) return batch_.assign(record.payload);
  return Error{Errc::corruption, "a tree's log has no records of this kind"};
}

/// Whether a record of the log says that all before it was on the disk.
Result<bool> LogRescue::follows_what_was_durable(const std::string& path, uint64_t number) {
  COPPICE_TRY_ASSIGN(reader, LogReader::open(env_.files, path, number, env_.keys));
  for (;;) {
    const auto record = reader.next();
    if (!record.ok() && !is_damage(record.error())) return record.error();
    // Where it is damaged there is no knowing, and each commit is whole in itself.
    if (!record.ok()) return true;
    if (!*record) return false;
    if ((*record)->synced) return true;
  }
}

Status LogRescue::read(uint64_t number, bool closed, const Take& take, MendedFile& file) {
  const std::string path = join_path(directory_, log_file_name(number));
  file.path = path;
  file.fate = MendedFile::Fate::copied;
  auto reader = LogReader::open(env_.files, path, number, env_.keys);
  if (!reader.ok()) {
    if (!is_damage(reader.error())) return reader.error();
    file.fate = MendedFile::Fate::lost;
    file.problems.push_back(reader.error().text + after(last_commit_));
    file.lost.push_back({});
    return success();
  }
  if (!ended_.empty()) {
    COPPICE_TRY_ASSIGN(follows, follows_what_was_durable(path, number));
    if (!follows) return success();
    file.problems.push_back(path + ": was written when " + ended_ +
                            " was on the disk to its end, which is lost" + after(last_commit_));
    file.lost.push_back({});
    ended_.clear();
  }
  for (;;) {
    const auto record = reader->next();
    Status valid = record.ok() && *record ? check(**record) : record.status();
    if (!valid.ok()) {
      if (!is_damage(valid.error())) return valid;
      std::string text = valid.error().text;
      if (text.find(path) == std::string::npos)
        text = path + ": offset " + std::to_string(reader->record_offset()) + ": " + text;
      file.problems.push_back(text + after(last_commit_));
      file.lost.push_back({});
      return success();
    }
    if (!*record) break;
    COPPICE_TRY(take(**record));
    ++file.count;
    last_commit_ = (*record)->commit;
  }
  if (reader->end() == LogEnd::closed) return success();
  if (closed) {
    file.problems.push_back(path + ": offset " + std::to_string(reader->end_offset()) +
                            ": the log was closed, and has lost its end" + after(last_commit_));
    file.lost.push_back({});
  } else {
    ended_ = log_file_name(number);
  }
  return success();
}

Status copy_logs(const TreeEnv& env, const std::string& source, const OldLogs& logs,
                 const std::string& target, uint64_t salt, const std::function<void(MendedFile)>& mended) {
  LogRescue rescue(env, source);
  Random random(salt);
  for (const auto& [number, log] : logs) {
    COPPICE_TRY_ASSIGN(
        writer,
        LogWriter::begin(env.files, join_path(target, log_file_name(number)),
                         {.number = number, .salt = random.next(), .sealing = env.keys.begin(FileUse::log)}));
    MendedFile file;
    COPPICE_TRY(rescue.read(
        number, log.closed,
        [&writer](const Record& record) {
          const std::array<ByteView, 1> payload{record.payload};
          return writer.add(record.kind, record.commit, payload);
        },
        file));
    COPPICE_TRY(writer.close());
    mended(std::move(file));
  }
  return success();
}

}  // namespace coppice::engine
