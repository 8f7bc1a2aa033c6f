// What is done to a tree is what the bytes say: it says the same as a map.
#include <gtest/gtest.h>

#include "tests/fuzz/input.hpp"
#include "tests/model/tree_model.hpp"
#include "tests/support/memory_file_system.hpp"

namespace coppice::engine {
namespace {

constexpr int kStepsMax = 400;
constexpr int kWorkInterval = 10;

void run(Input input) {
  const uint8_t kind = input.byte();
  const size_t value_threshold = kind & 1 ? 64 : 0;
  const uint64_t retention_ms = kind & 2 ? 4000 : 0;
  MemoryFileSystem files;
  const MemoryEngine in_memory;
  const bool is_in_memory = (kind & 7) == 4;
  TreeModel model(files, "/tree", Choices(input.rest()), value_threshold, retention_ms,
                  is_in_memory ? &in_memory : nullptr);
  for (int step = 1; step <= kStepsMax && !model.ended(); ++step) {
    model.step();
    if (step % kWorkInterval == 0) model.work();
  }
  model.compare_all();
}

}  // namespace
}  // namespace coppice::engine

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // What differs ends the process.
  testing::GTEST_FLAG(break_on_failure) = true;
  coppice::engine::run(coppice::engine::Input(data, size));
  return 0;
}
