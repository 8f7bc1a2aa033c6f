// SHARDS and OWNER of any bytes, with a frame that is right: what is taken of a map is written so that it is read the same again, and every
// key has its shard.
#include "actors/cold_store.hpp"
#include "actors/shard_map.hpp"
#include "actors/store_paths.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/fuzz/mended.hpp"
#include "tests/support/memory_file_system.hpp"

namespace coppice::actors {
namespace {

void read_map(engine::MemoryFileSystem& files) {
  const std::string path = map_path("/store");
  const auto map = read_shard_map(files, path);
  if (!map.ok()) {
    COPPICE_CHECK(map.error().text.find(path) != std::string::npos);
    return;
  }
  COPPICE_CHECK(map->range(0).begin.empty() && !map->range(map->shards.size() - 1).end);
  for (size_t index = 0; index < map->shards.size(); ++index) {
    COPPICE_CHECK(!map->range(index).empty());
    COPPICE_CHECK(map->index_of(map->shards[index].id) == index);
  }
  COPPICE_CHECK(write_shard_map(files, path, *map).ok());
  const auto again = read_shard_map(files, path);
  COPPICE_CHECK(again.ok());
  COPPICE_CHECK(*again == *map);
}

void read(const Bytes& content) {
  engine::MemoryFileSystem files;
  COPPICE_CHECK(files.make_directory("/store").ok());
  for (const std::string_view name : {kMapName, kOwnerName}) {
    const std::string path = "/store/" + std::string(name);
    COPPICE_CHECK(files.create(path).ok());
    files.set_content(path, content);
  }
  (void)ColdStore::read_owner(files, "/store").ok();
  read_map(files);
}

}  // namespace
}  // namespace coppice::actors

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace coppice;
  Bytes content(engine::Input(data, size).rest());
  actors::read(content);
  for (const ByteView magic : {"coppmap1", "coppcold"}) {
    engine::mend_frame(content, {.magic = magic});
    actors::read(content);
  }
  return 0;
}
