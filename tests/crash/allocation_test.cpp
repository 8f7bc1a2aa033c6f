// The n-th allocation of a small life fails, and the process ends there, as the program does: what it acknowledged is kept.
#include <atomic>
#include <cstdlib>
#include <new>

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/io/posix_file.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/tree_stand.hpp"

namespace {

/// So many allocations are left; none is counted while it is negative.
std::atomic<int64_t> allocations_left{-1};
constexpr int kOutOfMemory = 8;

void* allocate(size_t size, size_t alignment) {
  if (allocations_left.load(std::memory_order_relaxed) >= 0 && allocations_left.fetch_sub(1) == 0)
    ::_exit(kOutOfMemory);
  void* memory = nullptr;
  if (::posix_memalign(&memory, std::max(alignment, sizeof(void*)), size) != 0) std::abort();
  return memory;
}

}  // namespace

// All that are used, as a sanitizer brings its own for the others. Not inlined: g++ would hold a call of `new` against the `free`
// that it sees.
[[gnu::noinline]] void* operator new(size_t size) { return allocate(size, alignof(std::max_align_t)); }
[[gnu::noinline]] void* operator new(size_t size, std::align_val_t alignment) {
  return allocate(size, static_cast<size_t>(alignment));
}
[[gnu::noinline]] void* operator new(size_t size, const std::nothrow_t&) noexcept {
  return allocate(size, alignof(std::max_align_t));
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, size_t, std::align_val_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }

namespace coppice::engine {
namespace {

using Items = TreeStand::Items;

/// What the process that may end tells the one that looks, in memory that both see.
struct Told {
  std::atomic<bool> created{false};
  std::atomic<int> done{0};
};

class AllocationTest : public ::testing::Test {
protected:
  AllocationTest() {
    void* const shared =
        ::mmap(nullptr, sizeof(Told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) std::abort();
    told = new (shared) Told;
  }
  ~AllocationTest() override { ::munmap(told, sizeof(Told)); }

  static constexpr int kSteps = 60;

  /// What step `number` leaves of `items`.
  static void note(int number, Items& items) {
    const std::string text = std::to_string(number);
    if (number % 10 == 9) {
      items.erase(items.lower_bound("k3"), items.lower_bound("k5"));
    } else if (number % 10 < 7) {
      items["k" + std::to_string(number % 7)] = text + Bytes(300, 'v');
      items["each" + text] = text;
    }
  }
  static Status take(int number, TreeStand& stand) {
    const std::string text = std::to_string(number);
    if (number % 30 == 28) COPPICE_TRY(stand.tree->close());
    if (number % 30 == 28) return stand.open();
    if (number % 20 == 17) return stand.compact();
    if (number % 10 == 7 || number % 10 == 8) return stand.flush();
    if (number % 10 == 9) return stand.delete_range("k3", "k5");
    Batch batch;
    COPPICE_TRY(batch.put("k" + std::to_string(number % 7), text + Bytes(300, 'v')));
    COPPICE_TRY(batch.put("each" + text, text));
    return stand.write(batch);
  }

  /// In a process of its own; whether it came to its end.
  bool live(const std::string& directory, int64_t allocations) {
    told->created = false;
    told->done = 0;
    const pid_t child = ::fork();
    if (child < 0) std::abort();
    if (child == 0) {
      allocations_left = allocations;
      ::_exit(live_on(directory) ? 0 : 1);
    }
    int status = 0;
    if (::waitpid(child, &status, 0) != child || !WIFEXITED(status)) std::abort();
    EXPECT_TRUE(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == kOutOfMemory) << WEXITSTATUS(status);
    return WEXITSTATUS(status) == 0;
  }
  bool live_on(const std::string& directory) {
    PosixFileSystem files;
    TreeStand stand(files, directory);
    stand.options.value_threshold = 200;
    if (!stand.create().ok()) return false;
    told->created = true;
    if (!stand.open().ok()) return false;
    for (int number = 0; number < kSteps; ++number) {
      if (!take(number, stand).ok()) return false;
      told->done = number + 1;
    }
    return stand.tree->close().ok();
  }
  void look(const std::string& directory) {
    if (!told->created) return;
    PosixFileSystem files;
    TreeStand stand(files, directory);
    stand.options.value_threshold = 200;
    const Status opened = stand.open();
    ASSERT_TRUE(opened.ok()) << to_string(opened.error());
    Items before;
    for (int number = 0; number < told->done; ++number) note(number, before);
    Items after = before;
    if (told->done < kSteps) note(told->done, after);
    const Items items = stand.items();
    EXPECT_TRUE(items == before || items == after) << "after " << told->done << " steps";
    EXPECT_TRUE(stand.put("goes", "on").ok());
    EXPECT_TRUE(stand.compact().ok());
    EXPECT_EQ(stand.get("goes"), "on");
  }

  Told* told;
};

TEST_F(AllocationTest, WhereverMemoryEndsWhatWasAcknowledgedIsKept) {
  // Each of the first, then ever fewer; all of them with COPPICE_EVERY.
  const bool every = std::getenv("COPPICE_EVERY") != nullptr;
  int ended = 0;
  for (int64_t count = 0;; count += every ? 1 : 1 + count / 12, ++ended) {
    SCOPED_TRACE("the allocation behind " + std::to_string(count));
    const TemporaryDirectory place;
    const std::string directory = place / "tree";
    const bool is_through = live(directory, count);
    look(directory);
    if (HasFatalFailure() || HasNonfatalFailure() || is_through) break;
  }
  EXPECT_GT(ended, 50);
  RecordProperty("ended", ended);
}

}  // namespace
}  // namespace coppice::engine
