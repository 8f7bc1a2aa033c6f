// Tables on their way into a tree.
#pragma once

#include <string>
#include <vector>

#include "engine/ingest/outside_table.hpp"

namespace coppice::engine {

/// Files that lie in a tree's directory under numbers of their own, and that it does not know yet: an opening would remove them, and so
/// does who lets them go. The files that they are links of stay.
///
/// Lifetime: shorter than the tree's, as another opening gives the numbers out again.
class Ingest {
public:
  explicit Ingest(FileSystem& files) : files_(&files) {}
  Ingest(Ingest&&) noexcept = default;
  Ingest& operator=(Ingest&&) = delete;
  ~Ingest();

  /// Links, or copies, `table` as `path`. On an error it does not have it.
  Status add(const OutsideTable& table, const std::string& path, uint64_t number);
  /// With their numbers.
  std::vector<TableMeta> tables() const;
  /// They are the tree's from now on.
  void release() { tables_.clear(); }

private:
  FileSystem* files_;
  /// Where they lie.
  std::vector<OutsideTable> tables_;
};

}  // namespace coppice::engine
