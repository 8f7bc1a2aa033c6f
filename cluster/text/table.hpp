// Columns of text that line up.
#pragma once

#include <string>
#include <vector>

namespace coppice::cluster {

/// Rows of cells, each column as wide as its widest cell. The first row is the heading.
class TextTable {
public:
  /// Columns from `first_right` on are numbers: they end at the same place.
  TextTable(std::vector<std::string> heading, size_t first_right);

  /// Requires: as many cells as the heading has.
  void add(std::vector<std::string> row);

  /// Every row on its line, two spaces between columns, no space at a line's end.
  std::string text() const;

private:
  std::vector<std::vector<std::string>> rows_;
  const size_t first_right_;
};

}  // namespace coppice::cluster
