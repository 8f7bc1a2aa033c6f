// The TOML file. toml++ is heavy to compile, so this half of config.hpp stands alone.
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>

#include <toml++/toml.h>

#include "cluster/config.hpp"

namespace coppice::cluster {
namespace {

constexpr size_t kSizeMax = 1 << 20;

Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    const int error = errno;
    return Error{error == ENOENT ? Errc::not_found : Errc::io_error,
                 "cannot read the configuration " + path + ": " + std::strerror(error)};
  }
  std::string text(kSizeMax + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  // A directory opens, and then cannot be read.
  if (file.bad()) return Error{Errc::io_error, "cannot read the configuration " + path + ": is it a file?"};
  text.resize(static_cast<size_t>(file.gcount()));
  if (text.size() > kSizeMax)
    return Error{Errc::invalid_argument,
                 path + ": has more than " + std::to_string(kSizeMax) + " bytes, which no configuration has"};
  return text;
}

Error at_line(const std::string& path, const toml::source_region& source, const std::string& what) {
  return {Errc::invalid_argument, path + ":" + std::to_string(source.begin.line) + ": " + what};
}

/// The text that a flag would give; nothing for what no setting is.
std::optional<std::string> scalar(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* number = node.as_floating_point()) {
    std::array<char, 32> text;
    return std::string(text.data(), std::to_chars(text.begin(), text.end(), number->get()).ptr);
  }
  return std::nullopt;
}

/// The values of a node as flags would give them; nothing if one of them is of a type that no setting has.
std::optional<std::vector<std::string>> values_of(const toml::node& node) {
  std::vector<std::string> values;
  const auto* list = node.as_array();
  if (list == nullptr) {
    auto value = scalar(node);
    if (!value) return std::nullopt;
    return std::vector{*std::move(value)};
  }
  for (const toml::node& item : *list) {
    auto value = scalar(item);
    if (!value) return std::nullopt;
    values.push_back(*std::move(value));
  }
  return values;
}

std::string_view type_of(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "a list of other things than text";
    case toml::node_type::boolean:
      return "true or false";
    default:
      return "a date or time";
  }
}

Status set_node(Config& config, const std::string& path, const std::string& name, const toml::node& node) {
  const ConfigKey* known = nullptr;
  for (const ConfigKey& key : config_keys())
    if (key.name == name) known = &key;
  const auto values = values_of(node);
  if (known != nullptr && !values)
    return at_line(path, node.source(),
                   name + " is " + std::string(type_of(node)) + ": it may be " + known->allowed);
  if (known != nullptr && known->many && values->empty()) return success();
  const std::vector<std::string> given = values && !values->empty() ? *values : std::vector<std::string>{""};
  const Status set = set_config(config, name, given);
  return set.ok() ? set : at_line(path, node.source(), set.error().text);
}

}  // namespace

Status read_config(Config& config, std::string_view text, const std::string& name) {
  toml::table table;
  try {
    table = toml::parse(text);
  } catch (const toml::parse_error& error) {
    return at_line(name, error.source(), std::string(error.description()));
  }
  for (const auto& [key, node] : table) COPPICE_TRY(set_node(config, name, std::string(key.str()), node));
  return success();
}

Status load_config(Config& config, const std::string& path) {
  COPPICE_TRY_ASSIGN(text, read_file(path));
  return read_config(config, text, path);
}

}  // namespace coppice::cluster
