// Records of logs of format 1, for files that are older than format 2. record.hpp has the contracts.
#pragma once

#include "engine/log/record.hpp"

namespace coppice::engine::format_1 {

inline constexpr size_t kRecordAlignment = 8;

size_t write_record(std::span<char> target, uint64_t salt, uint64_t offset, const RecordContent& content);
std::optional<size_t> find_record_size(ByteView front);
std::optional<Record> decode_record(uint64_t salt, uint64_t offset, ByteView bytes);

}  // namespace coppice::engine::format_1
