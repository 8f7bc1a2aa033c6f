#include "engine/io/file.hpp"

#include <string>

namespace coppice::engine {

Result<Bytes> read_file(FileSystem& files, const std::string& path, size_t size_max) {
  COPPICE_TRY_ASSIGN(file, files.open(path));
  if (file->size() > size_max)
    return Error{Errc::corruption, path + ": has " + std::to_string(file->size()) + " bytes, more than the " +
                                       std::to_string(size_max) + " that such a file may have"};
  Bytes content(file->size(), '\0');
  COPPICE_TRY(file->read(0, content.size(), content.data()));
  return content;
}

Status replace_file(FileSystem& files, const std::string& path, ByteView content) {
  const std::string fresh = path + ".new";
  {
    COPPICE_TRY_ASSIGN(file, files.create(fresh));
    COPPICE_TRY(file->append(content));
    COPPICE_TRY(file->sync());
  }
  COPPICE_TRY(files.rename(fresh, path));
  const size_t slash = path.rfind('/');
  return files.sync_directory(slash == std::string::npos ? "." : path.substr(0, slash));
}

}  // namespace coppice::engine
