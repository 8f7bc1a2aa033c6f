// JSON for programs that read what a command prints.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace coppice::cluster {

/// Writes one value on one line. A value is what follows key() in an object, or stands in an array:
///
///     JsonWriter json;
///     json.begin_object().key("count").number(3).key("names").begin_array().string("a").end().end();
///     json.text()  ->  {"count":3,"names":["a"]}
class JsonWriter {
public:
  JsonWriter& begin_object();
  JsonWriter& begin_array();
  /// Of the innermost object or array begun.
  JsonWriter& end();

  JsonWriter& key(std::string_view name);
  /// Requires: `text` is UTF-8; bytes that may not be go through encode().
  JsonWriter& string(std::string_view text);
  JsonWriter& number(uint64_t value);
  /// With three digits behind the point.
  JsonWriter& number(double value);
  JsonWriter& boolean(bool value);

  const std::string& text() const { return text_; }

private:
  /// A comma, unless this is the first in its object or array, or follows a key.
  void separate();

  std::string text_;
  std::string open_;  // the closing brackets owed, innermost last
};

}  // namespace coppice::cluster
