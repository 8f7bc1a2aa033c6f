// Tables on their way into a tree.
#pragma once

#include <string>
#include <vector>

#include "engine/ingest/ingest.hpp"
#include "engine/ingest/outside_table.hpp"

namespace coppice::engine {

/// Files that lie in a tree's directory under numbers of their own, and that it does not know yet: an opening would remove them, and so
/// does who lets them go. The files that they are links of stay.
///
/// Lifetime: shorter than the tree's, as another opening gives the numbers out again.
class LinkedTables final : public Ingest {
public:
  explicit LinkedTables(FileSystem& files) : files_(files) {}
  ~LinkedTables() override;

  /// Links, or copies, `table` as `path`. Durable: on success, the content; not the name.
  Status add(const OutsideTable& table, const std::string& path, uint64_t number);
  /// As their files have them.
  std::vector<TableMeta> tables() const;
  /// They are the tree's from now on.
  void release() { tables_.clear(); }

private:
  FileSystem& files_;
  /// Where they lie.
  std::vector<OutsideTable> tables_;
};

}  // namespace coppice::engine
