#include "engine/lookup.hpp"

#include "engine/key_search.hpp"
#include "engine/table/block_io.hpp"

namespace coppice::engine {

Result<bool> look_up(const View& view, ByteView key, Timestamp at, const TableReadOptions& options,
                     Bytes& value) {
  KeySearch search(view, key, at);
  if (search.ask_memtables(value)) return search.has_value();
  BlockBuffer buffer;
  while (const TableReader* table = search.next_table()) {
    COPPICE_TRY(search.ask_range_deletes(options));
    COPPICE_TRY_ASSIGN(read, table->get(key, search.hash(), at, options, buffer));
    if (search.take(read, value)) break;
  }
  return search.has_value();
}

}  // namespace coppice::engine
