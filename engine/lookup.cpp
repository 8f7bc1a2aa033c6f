#include "engine/lookup.hpp"

#include "engine/key_search.hpp"
#include "engine/table/block_io.hpp"

namespace coppice::engine {

Result<bool> look_up(const View& view, ByteView key, Timestamp at, TableReadOptions options, Bytes& value,
                     ReadWork& work) {
  options.work = &work;
  KeySearch search(view, key, at);
  if (search.ask_memtables(value)) {
    work.place = search.place();
    return search.has_value();
  }
  BlockBuffer buffer;
  while (const TableReader* table = search.next_table()) {
    work.enter(search.level());
    COPPICE_TRY(search.ask_range_deletes(options));
    COPPICE_TRY_ASSIGN(read, table->get(key, search.hash(), at, options, buffer));
    if (search.take(read, value)) break;
  }
  work.place = search.place();
  return search.has_value();
}

}  // namespace coppice::engine
