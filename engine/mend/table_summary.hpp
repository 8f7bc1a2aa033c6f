// What a table's file says of itself, for those who have no manifest to ask.
#pragma once

#include "engine/io/file.hpp"
#include "engine/secrecy/key_ring.hpp"
#include "engine/table/block_io.hpp"
#include "engine/table/table_meta.hpp"
#include "engine/values/value_format.hpp"

namespace coppice::engine {

/// The footer at the end of `file`. corruption names the file and the offset; unsupported: a newer format.
/// Blocks: on the disk.
Result<Footer> read_footer(const RandomFile& file);

/// What the blocks of the table with this footer have in common, but for the dictionary. invalid_argument: they are encrypted with
/// a key that is not among `keys`. `path`: the table's, for the message.
Result<BlockForm> form_of(const Footer& footer, const KeyRing& keys, const std::string& path);

/// Adds the dictionary that blocks are compressed with, if there is one. corruption: it cannot be read, and so none of those
/// blocks can be. Blocks: on the disk.
Status read_dictionary(const RandomFile& file, const Footer& footer, BlockForm& form);

/// What a manifest would say of the table, from its footer, properties and range deletes. `number` names the file.
/// Errors as above; invalid_argument: it is encrypted with a key that is not among `keys`. Blocks: on the disk.
Result<TableMeta> read_summary(FileSystem& files, const std::string& path, uint64_t number,
                               const KeyRing& keys = {});

/// The same of a value file, from its footer.
Result<ValueFileMeta> read_value_summary(FileSystem& files, const std::string& path, uint64_t number);

}  // namespace coppice::engine
