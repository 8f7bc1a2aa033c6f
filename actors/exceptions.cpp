#include "actors/exceptions.hpp"

#include <cstdio>
#include <cstdlib>
#include <exception>

namespace coppice::actors {
namespace {

[[noreturn]] void end(const char* what) {
  std::fprintf(stderr, "coppice: an exception in a store, whose process ends: %s\n", what);
  std::abort();
}

}  // namespace

void end_with_exceptions(caf::scheduled_actor& self) {
  self.set_exception_handler([](std::exception_ptr& thrown) -> caf::error {
    try {
      std::rethrow_exception(thrown);
    } catch (const std::exception& exception) {
      end(exception.what());
    } catch (...) {
      end("of no known kind");
    }
  });
}

}  // namespace coppice::actors
