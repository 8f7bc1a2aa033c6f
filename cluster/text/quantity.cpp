#include "cluster/text/quantity.hpp"

#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace coppice::cluster {
namespace {

constexpr std::string_view kUnits = "bkmgt";

/// How often 1024 is in the unit; nothing if `unit` is none.
Result<int> power_of(std::string unit, std::string_view text) {
  for (char& c : unit) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (unit.empty()) return 0;
  const size_t place = kUnits.find(unit[0]);
  const std::string rest = unit.substr(1);
  const bool known = rest.empty() || (place != 0 && (rest == "b" || rest == "ib"));
  if (place == std::string_view::npos || !known)
    return Error{
        Errc::invalid_argument,
        "'" + std::string(text) + "' is no size: write a number of bytes, or one with KiB, MiB, GiB or TiB"};
  return static_cast<int>(place);
}

std::string two_units(uint64_t large, const char* large_unit, uint64_t small, const char* small_unit) {
  return std::to_string(large) + ' ' + large_unit + ' ' + std::to_string(small) + ' ' + small_unit;
}

}  // namespace

Result<uint64_t> parse_size(std::string_view text) {
  double number = 0;
  const auto [end, code] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  std::string unit(end, text.data() + text.size());
  if (unit.starts_with(' ')) unit.erase(0, 1);
  COPPICE_TRY_ASSIGN(power, power_of(code == std::errc() ? unit : "?", text));
  const double size = std::ldexp(number, 10 * power);
  if (!(size >= 0 && size < 0x1p63) || size != std::floor(size))
    return Error{Errc::invalid_argument,
                 "'" + std::string(text) + "' is no whole number of bytes below 2^63"};
  return static_cast<uint64_t>(size);
}

std::string size_text(uint64_t size) {
  constexpr std::array kNames{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (size < 1024) return std::to_string(size) + " B";
  auto scaled = static_cast<double>(size);
  size_t unit = 0;
  // 1023.95 would be printed as 1024.0.
  while (scaled >= 1023.95 && unit + 1 < kNames.size()) {
    scaled /= 1024;
    ++unit;
  }
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %s", scaled, kNames[unit]);
  return text;
}

std::string count_text(uint64_t count) {
  std::string text = std::to_string(count);
  for (size_t place = text.size(); place > 3; place -= 3) text.insert(place - 3, 1, ',');
  return text;
}

std::string count_text(uint64_t count, std::string_view noun) {
  return count_text(count).append(" ").append(noun).append(count == 1 ? "" : "s");
}

std::string duration_text(uint64_t milliseconds) {
  const uint64_t seconds = milliseconds / 1000;
  const uint64_t minutes = seconds / 60;
  const uint64_t hours = minutes / 60;
  if (seconds < 1) return std::to_string(milliseconds) + " ms";
  if (minutes < 1) return std::to_string(seconds) + '.' + std::to_string(milliseconds % 1000 / 100) + " s";
  if (hours < 1) return two_units(minutes, "min", seconds % 60, "s");
  if (hours < 24) return two_units(hours, "h", minutes % 60, "min");
  return two_units(hours / 24, "d", hours % 24, "h");
}

Result<uint64_t> parse_duration(std::string_view text) {
  struct Unit {
    std::string_view name;
    uint64_t milliseconds;
  };
  constexpr std::array<Unit, 5> kTimes{
      {{"ms", 1}, {"s", 1000}, {"min", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
  uint64_t number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  std::string_view unit = text.substr(static_cast<size_t>(end - text.data()));
  if (code == std::errc() && number == 0 && unit.empty()) return uint64_t{0};
  if (unit.starts_with(' ')) unit.remove_prefix(1);
  for (const Unit& each : kTimes)
    if (code == std::errc() && unit == each.name && number <= UINT64_MAX / each.milliseconds)
      return number * each.milliseconds;
  return Error{Errc::invalid_argument,
               "'" + std::string(text) + "' is no time: write a number with ms, s, min, h or d, such as 30s"};
}

}  // namespace coppice::cluster
