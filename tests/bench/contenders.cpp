#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "tests/bench/plan.hpp"

namespace coppice::bench {

const std::vector<Contender>& contenders() {
  static const std::vector<Contender> all = []() {
    std::vector<Contender> each{{"tree", open_tree},
                                {"store", open_store},
                                {"rocksdb", open_rocksdb},
                                {"leveldb", open_leveldb},
                                {"lmdb", open_lmdb}};
    each.insert(each.end(), featured_trees().begin(), featured_trees().end());
    each.push_back({"write_heavy", open_write_heavy, Role::preset});
    each.push_back({"read_heavy", open_read_heavy, Role::preset});
    each.push_back({"memory_constrained", open_memory_constrained, Role::preset});
    return each;
  }();
  return all;
}

const Contender& contender_of(const std::string& name) {
  const auto found = std::find_if(contenders().begin(), contenders().end(),
                                  [&](const Contender& contender) { return contender.name == name; });
  if (found == contenders().end()) give_up("there is no engine '" + name + "'");
  return *found;
}

void give_up(const std::string& what) {
  std::fprintf(stderr, "engine_bench: %s\n", what.c_str());
  std::_Exit(1);
}

uint64_t bytes_for_disk() {
  std::ifstream io("/proc/self/io");
  std::string name;
  uint64_t value = 0;
  while (io >> name >> value) {
    if (name == "write_bytes:") return value;
  }
  give_up("/proc/self/io does not tell how much was written");
}

}  // namespace coppice::bench
