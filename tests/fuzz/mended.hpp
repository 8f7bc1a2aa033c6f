// Makes checksums right again, so that what lies behind them is reached whatever a mutation did.
#pragma once

#include "engine/io/framed_file.hpp"
#include "engine/table/table_format.hpp"
#include "tests/fuzz/input.hpp"

namespace coppice::engine {

/// What table file has as its footer; too short a file stays as it is.
void mend_table_footer(Bytes& file);
/// That, and all blocks that the footer and pages of the index lead to.
void mend_table(Bytes& file);
/// A value file's footer, and the block at `place` if it lies in the file.
void mend_values(Bytes& file, const BlockHandle& place);
/// A log's header, and its records as far as one begins where the one before ends. Those of format 1 stay as they are.
void mend_log(Bytes& file);
/// A small file that is written whole: what is not its head is its payload.
void mend_frame(Bytes& file, const Frame& frame);

/// Has a file read as the input has it, and once more with checksums that are right.
inline void read_twice(const uint8_t* data, size_t size, void (*mend)(Bytes&), void (*read)(const Bytes&)) {
  Bytes content(Input(data, size).rest());
  read(content);
  mend(content);
  read(content);
}

}  // namespace coppice::engine
