#include "cluster/text/json.hpp"

#include <cstdio>

#include "schema/check.hpp"

namespace coppice::cluster {

void JsonWriter::separate() {
  const bool first = text_.empty() || text_.back() == '{' || text_.back() == '[' || text_.back() == ':';
  if (!first) text_ += ',';
}

JsonWriter& JsonWriter::begin_object() {
  separate();
  text_ += '{';
  open_ += '}';
  return *this;
}

JsonWriter& JsonWriter::begin_array() {
  separate();
  text_ += '[';
  open_ += ']';
  return *this;
}

JsonWriter& JsonWriter::end() {
  COPPICE_CHECK(!open_.empty());
  text_ += open_.back();
  open_.pop_back();
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  string(name);
  text_ += ':';
  return *this;
}

JsonWriter& JsonWriter::string(std::string_view text) {
  separate();
  text_ += '"';
  for (char c : text) {
    if (c == '"' || c == '\\') {
      text_ += '\\';
      text_ += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char code[8];
      std::snprintf(code, sizeof code, "\\u%04x", static_cast<unsigned>(c));
      text_ += code;
    } else {
      text_ += c;
    }
  }
  text_ += '"';
  return *this;
}

JsonWriter& JsonWriter::number(uint64_t value) {
  separate();
  text_ += std::to_string(value);
  return *this;
}

JsonWriter& JsonWriter::number(double value) {
  separate();
  char digits[48];
  std::snprintf(digits, sizeof digits, "%.3f", value);
  text_ += digits;
  return *this;
}

JsonWriter& JsonWriter::boolean(bool value) {
  separate();
  text_ += value ? "true" : "false";
  return *this;
}

}  // namespace coppice::cluster
