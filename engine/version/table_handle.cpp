#include "engine/version/table_handle.hpp"

#include <atomic>

#include "engine/io/file_names.hpp"

namespace coppice::engine {
namespace {

// A table's file, shared by all of its handles. Goes on whatever thread lets the last of them go; by then the owner's word
// about the file is long said, because its own handle went too, or the tree was closed and nothing is to be removed.
struct TableFile {
  TableFile(FileSystem& in, std::string at) : files(in), path(std::move(at)) {}
  ~TableFile() {
    // A failure leaves an orphan, which the next opening of the tree removes.
    if (remove.load(std::memory_order_acquire)) (void)files.remove(path).ok();
  }

  FileSystem& files;
  const std::string path;
  std::atomic<bool> remove{false};
};

struct Deleter {
  std::shared_ptr<TableFile> file;

  void operator()(const TableReader* table) {
    delete table;
    file.reset();
  }
};

TableHandle make_handle(const TreeEnv& env, std::shared_ptr<TableFile> file, const TableMeta& meta) {
  auto table = std::make_unique<TableReader>(env.files, file->path, meta, env.cache, env.keys);
  return {table.release(), Deleter{std::move(file)}};
}

}  // namespace

TableHandle make_table_handle(const TreeEnv& env, const std::string& directory, const TableMeta& meta) {
  const std::string& place = env.place_of(directory, meta.cold);
  return make_handle(
      env, std::make_shared<TableFile>(env.files, join_path(place, table_file_name(meta.number))), meta);
}

ValueFileHandle make_value_file(const TreeEnv& env, const std::string& directory, const ValueFileMeta& meta) {
  const std::string& place = env.place_of(directory, meta.cold);
  return std::make_shared<const ValueFile>(env.files, join_path(place, value_file_name(meta.number)), meta,
                                           env.cache, env.keys);
}

TableHandle make_unopened(const TreeEnv& env, const TableHandle& table) {
  return make_handle(env, std::get_deleter<Deleter>(table)->file, table->meta());
}

void remove_when_unused(const TableHandle& table) {
  const auto* deleter = std::get_deleter<Deleter>(table);
  COPPICE_CHECK(deleter != nullptr);
  deleter->file->remove.store(true, std::memory_order_release);
}

}  // namespace coppice::engine
