#include "engine/version/table_handle.hpp"

#include <atomic>

#include "engine/io/file_names.hpp"

namespace coppice::engine {
namespace {

// Runs on whatever thread lets the last handle go; by then the owner's word about the file is long said,
// because its own handle went too, or the tree was closed and nothing is to be removed.
struct Deleter {
  FileSystem* files;
  std::shared_ptr<std::atomic<bool>> remove = std::make_shared<std::atomic<bool>>(false);

  void operator()(const TableReader* table) const {
    const std::string path = table->path();
    delete table;
    // A failure leaves an orphan, which the next opening of the tree removes.
    if (remove->load(std::memory_order_acquire)) (void)files->remove(path).ok();
  }
};

}  // namespace

TableHandle make_table_handle(const TreeEnv& env, const std::string& directory, const TableMeta& meta) {
  auto table = std::make_unique<TableReader>(env.files, join_path(directory, table_file_name(meta.number)),
                                             meta, env.cache);
  return {table.release(), Deleter{&env.files}};
}

void remove_when_unused(const TableHandle& table) {
  const auto* deleter = std::get_deleter<Deleter>(table);
  COPPICE_CHECK(deleter != nullptr);
  deleter->remove->store(true, std::memory_order_release);
}

}  // namespace coppice::engine
