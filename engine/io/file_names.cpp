#include "engine/io/file_names.hpp"

#include <charconv>

namespace coppice::engine {
namespace {

constexpr std::string_view kLogSuffix = ".log";
constexpr std::string_view kTableSuffix = ".sst";
constexpr std::string_view kValueSuffix = ".val";
constexpr size_t kDigitsMin = 6;

std::string numbered(uint64_t number, std::string_view suffix) {
  std::string digits = std::to_string(number);
  if (digits.size() < kDigitsMin) digits.insert(0, kDigitsMin - digits.size(), '0');
  return digits += suffix;
}

std::optional<FileName> parse_numbered(std::string_view name, std::string_view suffix, FileName::Kind kind) {
  if (!name.ends_with(suffix)) return std::nullopt;
  const std::string_view digits = name.substr(0, name.size() - suffix.size());
  uint64_t number = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (problem != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  if (number > kFileNumberMax) return std::nullopt;
  // Only the one spelling that we write: "1.log" and "0000001.log" are someone else's.
  if (numbered(number, suffix) != name) return std::nullopt;
  return FileName{kind, number};
}

}  // namespace

std::string log_file_name(uint64_t number) { return numbered(number, kLogSuffix); }

std::string table_file_name(uint64_t number) { return numbered(number, kTableSuffix); }

std::string value_file_name(uint64_t number) { return numbered(number, kValueSuffix); }

std::optional<FileName> parse_file_name(std::string_view name) {
  if (name == kManifestName) return FileName{FileName::Kind::manifest};
  if (name == kFreshManifestName) return FileName{FileName::Kind::fresh_manifest};
  if (name == kLockName) return FileName{FileName::Kind::lock};
  if (auto log = parse_numbered(name, kLogSuffix, FileName::Kind::log)) return log;
  if (auto values = parse_numbered(name, kValueSuffix, FileName::Kind::values)) return values;
  return parse_numbered(name, kTableSuffix, FileName::Kind::table);
}

std::optional<FileName> parse_loose_file_name(std::string_view name) {
  const auto file = parse_file_name(name);
  return file && file->number >= kStrangeNumberMin ? std::nullopt : file;
}

std::string join_path(std::string_view directory, std::string_view name) {
  std::string path(directory);
  if (!path.ends_with('/')) path += '/';
  return path += name;
}

std::string parent_directory(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  const size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return std::string(slash == 0 ? "/" : path.substr(0, slash));
}

}  // namespace coppice::engine
