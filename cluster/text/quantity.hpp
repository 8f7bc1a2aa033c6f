// Sizes, counts and times as people write and read them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "schema/result.hpp"

namespace coppice::cluster {

/// Bytes from "4096", "64KiB", "64 MiB", "1.5g": a number and a unit, B K M G T with or without "iB" or "B",
/// in any case, all powers of 1024. invalid_argument says what would be right.
Result<uint64_t> parse_size(std::string_view text);

/// "512 B", "64.0 MiB": four significant letters at most.
std::string size_text(uint64_t size);

/// "1,234,567".
std::string count_text(uint64_t count);

/// "1 record", "1,234 records". Requires: the noun takes an s.
std::string count_text(uint64_t count, std::string_view noun);

/// "850 ms", "12.3 s", "4 min 5 s", "3 h 2 min", "12 d 3 h".
std::string duration_text(uint64_t milliseconds);

/// Milliseconds from "250ms", "30s", "5min", "2h", "7d"; "0" is none. invalid_argument says what would be right.
Result<uint64_t> parse_duration(std::string_view text);

}  // namespace coppice::cluster
