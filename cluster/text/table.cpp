#include "cluster/text/table.hpp"

#include <algorithm>
#include <utility>

#include "schema/check.hpp"

namespace coppice::cluster {

TextTable::TextTable(std::vector<std::string> heading, size_t first_right) : first_right_(first_right) {
  rows_.push_back(std::move(heading));
}

void TextTable::add(std::vector<std::string> row) {
  COPPICE_CHECK(row.size() == rows_.front().size());
  rows_.push_back(std::move(row));
}

std::string TextTable::text() const {
  std::vector<size_t> widths(rows_.front().size());
  for (const auto& row : rows_)
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());

  std::string text;
  for (const auto& row : rows_) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string space(widths[i] - row[i].size(), ' ');
      line += (i == 0 ? "" : "  ") + (i < first_right_ ? row[i] + space : space + row[i]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text;
}

}  // namespace coppice::cluster
