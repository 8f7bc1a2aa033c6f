// A node to which the machine gives no more memory.
#include <fstream>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/process/process_fixture.hpp"
#include "tests/support/sanitized.hpp"

namespace coppice::test {
namespace {

/// In bytes, as the system counts for its limit.
rlim_t address_space(pid_t pid) {
  std::ifstream statm("/proc/" + std::to_string(pid) + "/statm");
  rlim_t pages = 0;
  statm >> pages;
  return pages * static_cast<rlim_t>(::sysconf(_SC_PAGESIZE));
}

TEST(OutOfMemoryTest, TheNodeEndsWithAWordAndWhatItAcknowledgedIsKept) {
  const TemporaryDirectory directory;
  int written = 0;
  {
    Server server(directory / "data", {"--memtable-size", "1GiB", "--memory", "4GiB"});
    ASSERT_TRUE(server.is_ready()) << server.errors();
    const auto client = server.connect();
    ASSERT_NE(client, nullptr);
    const rlim_t most = address_space(server.process().pid()) + (48 << 20);
    const rlimit limit{most, most};
    ASSERT_EQ(::prlimit(server.process().pid(), RLIMIT_AS, &limit, nullptr), 0);
    while (written < 1000 &&
           client->put("key" + std::to_string(written), Bytes(1 << 20, 'v'), Durability::buffered).ok())
      ++written;
    EXPECT_LT(written, 1000);
#if COPPICE_SANITIZED
    server.kill();
#else
    EXPECT_EQ(server.process().wait(), 8);
    EXPECT_NE(server.errors().find("no memory left"), std::string::npos) << server.errors();
#endif
  }
  Server server(directory / "data");
  ASSERT_TRUE(server.is_ready()) << server.errors();
  const auto client = server.connect();
  ASSERT_NE(client, nullptr);
  for (int number = 0; number < written; ++number) {
    const auto value = client->get("key" + std::to_string(number));
    ASSERT_TRUE(value.ok()) << to_string(value.error());
    EXPECT_EQ(*value, Bytes(1 << 20, 'v')) << number;
  }
  EXPECT_EQ(server.stop(), 0);
}

}  // namespace
}  // namespace coppice::test
