#include "engine/lookup.hpp"

#include "engine/apart_values.hpp"
#include "engine/key_search.hpp"
#include "engine/table/block_io.hpp"

namespace coppice::engine {

Result<bool> look_up(const View& view, ByteView key, Timestamp at, Expiry& expiry, TableReadOptions options,
                     Bytes& value, ReadWork& work, Timestamp* version) {
  options.work = &work;
  KeySearch search(view, key, at, expiry);
  const auto finish = [&]() -> Result<bool> {
    if (search.apart()) COPPICE_TRY(read_apart(*view.version, *search.apart(), options, value));
    COPPICE_TRY_ASSIGN(found, search.finish(value));
    work.place = search.place();
    if (version != nullptr) *version = found ? search.version() : kTimestampMin;
    return found;
  };
  if (search.ask_memtables(value)) return finish();
  BlockBuffer buffer;
  while (const TableReader* table = search.next_table()) {
    work.enter(search.level());
    COPPICE_TRY(search.ask_range_deletes(options));
    COPPICE_TRY_ASSIGN(read, table->get(key, search.hash(), search.at(), options, buffer));
    if (search.take(read, value)) break;
  }
  return finish();
}

}  // namespace coppice::engine
