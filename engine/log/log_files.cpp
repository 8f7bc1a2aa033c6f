#include "engine/log/log_files.hpp"

#include "engine/io/file_names.hpp"

namespace coppice::engine {
namespace {

Result<LogWriter> begin(FileSystem& files, const std::string& directory, const LogHeader& header) {
  COPPICE_TRY_ASSIGN(log,
                     LogWriter::begin(files, join_path(directory, log_file_name(header.number)), header));
  COPPICE_TRY(log.sync());
  COPPICE_TRY(files.sync_directory(directory));
  return log;
}

}  // namespace

Result<LogWriter> begin_log(FileSystem& files, const std::string& directory, uint64_t number, uint64_t salt,
                            const KeyRing& keys) {
  auto log = begin(files, directory, {.number = number, .salt = salt, .sealing = keys.begin(FileUse::log)});
  if (!log.ok()) remove_logs(files, directory, {number});
  return log;
}

void remove_logs(FileSystem& files, const std::string& directory, const std::vector<uint64_t>& numbers) {
  for (const uint64_t number : numbers) (void)files.remove(join_path(directory, log_file_name(number))).ok();
}

}  // namespace coppice::engine
