#include "engine/io/file.hpp"

#include <algorithm>
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

namespace {

Status copy(const RandomFile& source, AppendFile& target) {
  constexpr size_t kPieceSize = 1 << 20;
  Bytes piece;
  for (uint64_t offset = 0; offset < source.size(); offset += piece.size()) {
    piece.resize(std::min<uint64_t>(kPieceSize, source.size() - offset));
    COPPICE_TRY(source.read(offset, piece.size(), piece.data()));
    COPPICE_TRY(target.append(piece));
    COPPICE_TRY(target.write_back());
  }
  return target.sync();
}

}  // namespace

Status link_or_copy(FileSystem& files, const std::string& source, const std::string& target) {
  if (files.link(source, target).ok()) return success();
  COPPICE_TRY_ASSIGN(from, files.open(source));
  COPPICE_TRY_ASSIGN(to, files.create(target));
  const Status copied = copy(*from, *to);
  if (!copied.ok()) (void)files.remove(target).ok();
  return copied;
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
