// Blocks as table format 1 had them, made into blocks of today.
#pragma once

#include "engine/table/block_cache.hpp"
#include "engine/table/block_view.hpp"

namespace coppice::engine {

/// In format 1 a data block and a page of the index were alike:
///
///     entry ... entry | restart point u32 ... | count of restart points u32
///
/// An entry is as in block_builder.hpp, but shares with the entry before it; at the restart points `shared` is 0.
///
/// Nothing where the bytes contradict that, where positions do not ascend, or where entries share more than any writer let them.
/// Safe on any bytes.
Block upgrade_block(ByteView payload, BlockKind kind);

}  // namespace coppice::engine
