#include "schema/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace coppice {

void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "coppice: %s:%d: broken invariant: %s\n", file, line, condition);
  std::abort();
}

}  // namespace coppice
