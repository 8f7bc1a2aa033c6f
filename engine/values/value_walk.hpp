// The values of one cursor, read ahead of need.
#pragma once

#include <list>

#include "engine/table/read_ahead.hpp"
#include "engine/values/value_file.hpp"

namespace coppice::engine {

/// A flush or merge writes values in the order of their keys, so a walk over keys meets each file's in the order of their
/// offsets: each file is read ahead by itself (see ReadAhead), the few that were used last.
///
/// Lifetime: the files outlive it. Threads: one.
class ValueWalk {
public:
  /// Lifetime: of the view, until the next call. Errors and Blocks: ValueFile's.
  Result<ByteView> read(const ValueFile& file, const BlockHandle& place, const TableReadOptions& options);

private:
  // Each keeps up to ReadAhead::kWindowSizeMax in memory.
  static constexpr size_t kFilesMax = 16;

  struct Place {
    const ValueFile* file;
    ReadAhead ahead;
  };

  ReadAhead& ahead_of(const ValueFile& file, const RandomFile& opened);

  // The one used last comes first.
  std::list<Place> places_;
  BlockBuffer buffer_;
  BlockRef block_;
};

}  // namespace coppice::engine
