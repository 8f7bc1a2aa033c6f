#include "engine/io/copy_file.hpp"

#include <algorithm>

namespace coppice::engine {
namespace {

constexpr size_t kPieceSize = 1 << 20;

Status copy(FileSystem& files, const std::string& source, const std::string& target) {
  COPPICE_TRY_ASSIGN(from, files.open(source));
  COPPICE_TRY_ASSIGN(to, files.create(target));
  Bytes piece;
  for (uint64_t offset = 0; offset < from->size(); offset += piece.size()) {
    piece.resize(static_cast<size_t>(std::min<uint64_t>(kPieceSize, from->size() - offset)));
    COPPICE_TRY(from->read(offset, piece.size(), piece.data()));
    COPPICE_TRY(to->append(piece));
    COPPICE_TRY(to->write_back());
  }
  return to->sync();
}

}  // namespace

Status link_or_copy(FileSystem& files, const std::string& source, const std::string& target) {
  const Status linked = files.link(source, target);
  // Across file systems, or on one without links: the copy says what else is wrong.
  return linked.ok() ? linked : copy(files, source, target);
}

}  // namespace coppice::engine
