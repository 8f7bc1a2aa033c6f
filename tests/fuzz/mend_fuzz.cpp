// A tree of which one file has other bytes, with checksums that are right: it is opened, read and merged, or refused; and it is repaired to a tree that
// is whole, or that is refused as well.
#include <map>

#include "engine/io/file_names.hpp"
#include "engine/mend/repair_tree.hpp"
#include "engine/mend/verify_tree.hpp"
#include "engine/table/value_ref.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/fuzz/mended.hpp"
#include "tests/support/memory_file_system.hpp"
#include "tests/support/tree_stand.hpp"

namespace coppice::engine {
namespace {

using Files = std::map<std::string, Bytes>;

void check(const Status& status) { COPPICE_CHECK(status.ok()); }

/// Two tables with values apart, range deletes and operands, and a log; the same each time.
Files make_tree() {
  MemoryFileSystem files;
  TreeStand stand(files);
  stand.options.value_threshold = 64;
  check(stand.create());
  check(stand.open());
  for (const char* round : {"1", "2"}) {
    for (int key = 10; key < 22; ++key)
      check(stand.put("key" + std::to_string(key), round + Bytes(key % 3 == 0 ? 80 : 10, 'v')));
    check(stand.delete_range("key14", "key16"));
    check(stand.remove("key11"));
    Batch batch;
    check(batch.merge("key12", Operator::append, "more"));
    check(stand.write(batch));
    check(stand.flush());
  }
  check(stand.put("log", "only"));
  check(stand.tree->close());
  stand.drop();
  Files tree;
  const auto names = files.list(stand.directory());
  for (const std::string& name : *names) tree.emplace(name, files.content(stand.path(name)));
  return tree;
}

/// The tree in which one file is cut, and has other bytes, as the input says.
Files damaged_tree(Input input) {
  static const Files tree = make_tree();
  Files damaged = tree;
  const auto changed = std::next(damaged.begin(), input.byte() % static_cast<std::ptrdiff_t>(damaged.size()));
  Bytes& content = changed->second;
  if (const uint16_t size = input.word(); size < content.size() && size > 0) content.resize(size);
  while (!input.empty()) {
    const size_t offset = input.word() % content.size();
    content[offset] = static_cast<char>(input.byte());
  }
  if (changed->first.ends_with(".sst")) mend_table(content);
  if (changed->first.ends_with(".val")) mend_values(content, {});
  return damaged;
}

void put_files(MemoryFileSystem& files, const Files& tree) {
  check(files.make_directory("/tree"));
  for (const auto& [name, content] : tree) {
    check(files.create(join_path("/tree", name)).status());
    files.set_content(join_path("/tree", name), content);
  }
}

/// Whatever is refused, nothing ends the process.
void use(MemoryFileSystem& files) {
  TreeStand stand(files);
  stand.options.value_threshold = 64;
  if (!stand.open().ok()) return;
  (void)stand.scan().ok();
  (void)stand.put("key13", "new").ok();
  (void)stand.flush().ok();
  (void)stand.compact().ok();
  (void)stand.scan().ok();
  (void)stand.tree->close().ok();
}

void mend(MemoryFileSystem& files) {
  BlockCache cache(1 << 20);
  const TreeEnv env{.files = files, .cache = cache, .seed = 1};
  RepairReport report;
  RepairOptions with;
  with.tree = TreeShape{};
  if (!repair_tree(env, "/tree", "/mended", with, report).ok()) return;
  VerifyReport verified;
  check(verify_tree(env, "/mended", {}, verified));
  COPPICE_CHECK(verified.problems.empty());
  TreeStand mended(files, "/mended");
  check(mended.open());
  check(mended.scan().status());
  check(mended.compact());
  check(mended.scan().status());
}

}  // namespace
}  // namespace coppice::engine

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace coppice::engine;
  const Files tree = damaged_tree(Input(data, size));
  for (void (*const then)(MemoryFileSystem&) : {mend, use}) {
    MemoryFileSystem files;
    put_files(files, tree);
    then(files);
  }
  return 0;
}
