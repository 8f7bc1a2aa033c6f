#include "engine/io/file.hpp"

#include <string>

#include "engine/io/file_names.hpp"

namespace coppice::engine {

Error short_read(const std::string& path, uint64_t offset, uint64_t size, uint64_t end) {
  return Error{Errc::corruption, path + ": ends at offset " + std::to_string(end) + ", where " +
                                     std::to_string(size) + " bytes from offset " + std::to_string(offset) +
                                     " were expected: the file was cut short; restore it from a backup"};
}

void FileSystem::read_all(std::span<FileRead> reads) {
  for (FileRead& read : reads) read.status = read.file->read(read.offset, read.size, read.target);
}

Result<Bytes> read_file(FileSystem& files, const std::string& path, size_t size_max) {
  COPPICE_TRY_ASSIGN(file, files.open(path));
  if (file->size() > size_max)
    return Error{Errc::corruption, path + ": has " + std::to_string(file->size()) + " bytes, more than the " +
                                       std::to_string(size_max) + " that such a file may have"};
  Bytes content(file->size(), '\0');
  COPPICE_TRY(file->read(0, content.size(), content.data()));
  return content;
}

Status make_durable_directory(FileSystem& files, const std::string& directory) {
  std::vector<std::string> missing;
  for (std::string path = directory;; path = parent_directory(path)) {
    COPPICE_TRY_ASSIGN(present, files.exists(path));
    if (present) break;
    missing.push_back(path);
  }
  for (auto path = missing.rbegin(); path != missing.rend(); ++path) {
    COPPICE_TRY(files.make_directory(*path));
    COPPICE_TRY(files.sync_directory(parent_directory(*path)));
  }
  return success();
}

Status replace_file(FileSystem& files, const std::string& path, ByteView content) {
  const std::string fresh = path + ".new";
  {
    COPPICE_TRY_ASSIGN(file, files.create(fresh));
    COPPICE_TRY(file->append(content));
    COPPICE_TRY(file->sync());
  }
  COPPICE_TRY(files.rename(fresh, path));
  return files.sync_directory(parent_directory(path));
}

}  // namespace coppice::engine
